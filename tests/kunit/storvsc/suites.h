/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_KUNIT_STORVSC_SUITES_H
#define _HVG_KUNIT_STORVSC_SUITES_H

extern struct kunit_suite judge_suite;
extern struct kunit_suite request_suite;
extern struct kunit_suite completion_suite;
extern struct kunit_suite bounce_suite;

#endif /* _HVG_KUNIT_STORVSC_SUITES_H */
