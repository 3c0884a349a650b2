/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters: a bool was an int. */
#ifndef _HVG_COMPAT_PARAM_H
#define _HVG_COMPAT_PARAM_H

#ifndef HVG_HAVE_PARAM_BOOL
#include <linux/moduleparam.h>

static inline int hvg_param_set_bool(const char *text,
				     struct kernel_param *param)
{
	struct kernel_param as_int = *param;
	int value, err;

	as_int.arg = &value;
	err = param_set_bool(text, &as_int);
	if (!err)
		*(bool *)param->arg = value;
	return err;
}

static inline int hvg_param_get_bool(char *text, struct kernel_param *param)
{
	struct kernel_param as_int = *param;
	int value = *(bool *)param->arg;

	as_int.arg = &value;
	return param_get_bool(text, &as_int);
}

#define param_set_bool		hvg_param_set_bool
#define param_get_bool		hvg_param_get_bool
#undef param_check_bool
#define param_check_bool(name, p) __param_check(name, p, bool)
#endif

#endif /* _HVG_COMPAT_PARAM_H */
