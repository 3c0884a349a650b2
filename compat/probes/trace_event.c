/* feature: TRACE_EVENT() and its kin (2.6.33) */
/* symbol: tracepoint.h|TRACE_EVENT|TP_ */
#include <linux/module.h>
#include <linux/tracepoint.h>

#ifndef TRACE_EVENT
#error no TRACE_EVENT
#endif
#ifndef DECLARE_EVENT_CLASS
#error no TRACE_EVENT classes
#endif

MODULE_LICENSE("GPL");
