/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HVG_KUNIT_SUITES_H
#define _HVG_KUNIT_SUITES_H

extern struct kunit_suite ring_suite;
extern struct kunit_suite ring_hostile_suite;
extern struct kunit_suite gpadl_suite;
extern struct kunit_suite version_suite;
extern struct kunit_suite connection_suite;
extern struct kunit_suite guid_suite;
extern struct kunit_suite packet_suite;
extern struct kunit_suite event_suite;
extern struct kunit_suite message_suite;
extern struct kunit_suite offer_suite;
extern struct kunit_suite channel_suite;
extern struct kunit_suite memory_suite;

#endif /* _HVG_KUNIT_SUITES_H */
