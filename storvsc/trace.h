/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints of the storage driver, in any context. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hvg_storvsc

#if !defined(_HVG_STORVSC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HVG_STORVSC_TRACE_H

#include <linux/tracepoint.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include "storvsc.h"

TRACE_EVENT(storvsc_request,
	    TP_PROTO(const struct storvsc_adapter *a, struct scsi_cmnd *scmd,
		     u16 chan, u64 id, u32 pages),
	    TP_ARGS(a, scmd, chan, id, pages),
	    TP_STRUCT__entry(__field(u32, host)
			     __field(u16, chan)
			     __field(u8, channel)
			     __field(u8, target)
			     __field(u8, lun)
			     __field(u8, op)
			     __field(u32, bytes)
			     __field(u32, pages)
			     __field(u64, id)),
	    TP_fast_assign(__entry->host = a->shost->host_no;
			   __entry->chan = chan;
			   __entry->channel = scmd->device->channel;
			   __entry->target = scmd->device->id;
			   __entry->lun = scmd->device->lun;
			   __entry->op = scmd->cmnd[0];
			   __entry->bytes = scsi_bufflen(scmd);
			   __entry->pages = pages;
			   __entry->id = id;),
	    TP_printk("host%u %u:%u:%u op 0x%02x bytes %u pages %u channel %u id 0x%llx",
		      __entry->host, __entry->channel, __entry->target,
		      __entry->lun, __entry->op, __entry->bytes, __entry->pages,
		      __entry->chan, __entry->id)
);

TRACE_EVENT(storvsc_complete,
	    TP_PROTO(const struct storvsc_adapter *a, struct scsi_cmnd *scmd,
		     const struct hvg_stor_packet *pkt),
	    TP_ARGS(a, scmd, pkt),
	    TP_STRUCT__entry(__field(u32, host)
			     __field(u8, channel)
			     __field(u8, target)
			     __field(u8, lun)
			     __field(u8, op)
			     __field(u8, srb_status)
			     __field(u8, scsi_status)
			     __field(u32, nt_status)
			     __field(u32, resid)
			     __field(u32, result)),
	    TP_fast_assign(__entry->host = a->shost->host_no;
			   __entry->channel = scmd->device->channel;
			   __entry->target = scmd->device->id;
			   __entry->lun = scmd->device->lun;
			   __entry->op = scmd->cmnd[0];
			   __entry->srb_status = pkt->u.request.srb_status;
			   __entry->scsi_status = pkt->u.request.scsi_status;
			   __entry->nt_status = pkt->status;
			   __entry->resid = scsi_get_resid(scmd);
			   __entry->result = scmd->result;),
	    TP_printk("host%u %u:%u:%u op 0x%02x srb 0x%02x scsi 0x%02x status 0x%08x resid %u result 0x%08x",
		      __entry->host, __entry->channel, __entry->target,
		      __entry->lun, __entry->op, __entry->srb_status,
		      __entry->scsi_status, __entry->nt_status, __entry->resid,
		      __entry->result)
);

TRACE_EVENT(storvsc_bad_packet,
	    TP_PROTO(const struct storvsc_adapter *a, const char *expected,
		     u64 got),
	    TP_ARGS(a, expected, got),
	    TP_STRUCT__entry(__field(u32, host)
			     __field(const char *, expected)
			     __field(u64, got)),
	    TP_fast_assign(__entry->host = a->shost->host_no;
			   __entry->expected = expected;
			   __entry->got = got;),
	    TP_printk("host%u expected %s, got 0x%llx",
		      __entry->host, __entry->expected, __entry->got)
);

TRACE_EVENT(storvsc_sync,
	    TP_PROTO(const struct storvsc_adapter *a, u32 op, int error),
	    TP_ARGS(a, op, error),
	    TP_STRUCT__entry(__field(u32, host)
			     __field(u32, op)
			     __field(int, error)),
	    TP_fast_assign(__entry->host = a->shost->host_no;
			   __entry->op = op;
			   __entry->error = error;),
	    TP_printk("host%u operation %u sent: %d",
		      __entry->host, __entry->op, __entry->error)
);

#endif /* _HVG_STORVSC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
