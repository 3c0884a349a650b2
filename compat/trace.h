/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: functions that do nothing where events cannot be described. */
#ifndef _HVG_COMPAT_TRACE_H
#define _HVG_COMPAT_TRACE_H

#ifndef HVG_HAVE_TRACE_EVENT
#undef TP_PROTO
#define TP_PROTO(...)		__VA_ARGS__
#define TRACE_EVENT(name, proto, args, fields, assign, print)		\
	static inline void trace_##name(proto) { }			\
	struct hvg_trace_##name
#define DECLARE_EVENT_CLASS(name, proto, args, fields, assign, print)	\
	struct hvg_trace_##name
#define DEFINE_EVENT(class, name, proto, args)				\
	static inline void trace_##name(proto) { }			\
	struct hvg_trace_##name
#endif

#endif /* _HVG_COMPAT_TRACE_H */
