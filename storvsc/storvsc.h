/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synthetic SCSI and IDE disks: the structures that the parts of the driver
 * share, and what each part offers to the others.
 *
 *   driver.c      probe, remove, parameters
 *   emulated.c    disks that are also behind the emulated controller
 *   channels.c    the VMBus channels of an adapter, which CPU sends on which
 *   protocol.c    start-up of the storage protocol, synchronous requests
 *   slots.c       who owns a request: the host, or one finisher
 *   request.c     from a SCSI command to a packet in the ring
 *   completion.c  packets from the host: answers and notifications
 *   judge.c       what an answer means
 *   recovery.c    time-outs, resets, restart of the adapter
 *   scan.c        LUNs that come, go or change size
 *   host.c        the Scsi_Host: limits, LUNs, error handler entry points
 *   host_mq.c     its queueing, on kernels with blk-mq
 *   host_legacy.c its queueing, on kernels without; with
 *   bounce.c      pages for data that one range cannot describe
 *
 * Lock order: scan_mutex of the midlayer, restart_lock, then chan_lock or
 * sync.lock. None of the driver's locks is taken on the I/O path, and of them
 * only restart_lock is held while a channel is closed, which waits for callbacks
 * and for the host: no callback takes it.
 */
#ifndef _HVG_STORVSC_H
#define _HVG_STORVSC_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <hvg/storvsc_wire.h>
#include <hvg/vmbus.h>

struct Scsi_Host;
struct dentry;
struct gendisk;
struct queue_limits;
struct scatterlist;
struct scsi_cmnd;
struct scsi_device;
struct scsi_host_template;
struct storvsc_adapter;
struct storvsc_queue;

/* Low half of a transaction id: the slot; this one is the synchronous one. */
#define STORVSC_SYNC_INDEX	0xffffffffu

/* Every queue has at least this many slots. */
#define STORVSC_MIN_SLOTS	16

/* Bit 0 of a state word: the host owns the request. Generation above it. */
#define STORVSC_OWNED		1u

/**
 * struct storvsc_slot - one request that can be outstanding
 * @state: generation << 1 | STORVSC_OWNED; see slots.c
 * @scmd: the command; valid to whoever took the slot from the host
 * @sdev: its LUN; only for comparison
 * @chan: index of the channel that it went out on
 * @expiries: times that the command's timer has run out
 *
 * The host's queueing gives a command its slot, by its tag for example, so
 * that nobody else writes to it between two owners. There are many, and few
 * are in use: small is better than alone in a cache line.
 */
struct storvsc_slot {
	unsigned int state;
	u16 chan;
	u16 expiries;
	struct scsi_cmnd *scmd;
	struct scsi_device *sdev;
};

/**
 * struct storvsc_data - where the data of a command is
 * @sgl: scatterlist; not looked at when the command has no data
 * @count: its entries
 */
struct storvsc_data {
	struct scatterlist *sgl;
	unsigned int count;
};

/**
 * struct storvsc_sync - the one synchronous request of an adapter
 * @lock: one requester at a time
 * @state: as in struct storvsc_slot
 * @done: the reply is there, or the channel is gone
 * @error: why there is no reply; written by whoever took @state
 * @reply: the host's reply; written by whoever took @state
 */
struct storvsc_sync {
	struct mutex lock;	/* one requester at a time */
	unsigned int state;
	struct completion done;
	int error;
	struct hvg_stor_packet reply;
};

/**
 * struct storvsc_channel - the place of one channel in its adapter
 * @adapter: whose
 * @index: 0 is the primary channel, then the sub-channel's index
 * @chan: the open channel or NULL; written under chan_lock, read under RCU
 * @last: the channel that was opened last, with a reference; under chan_lock
 * @closers: who is closing @last and finishing its commands; under chan_lock
 * @held: the host has not let go of @last after its close; under chan_lock
 * @closed: jiffies when the close of @last began; under chan_lock
 */
struct storvsc_channel {
	struct storvsc_adapter *adapter;
	u16 index;
	u16 closers;
	bool held;
	unsigned long closed;
	struct hvg_channel __rcu *chan;
	struct hvg_channel *last;
};

enum storvsc_state {
	STORVSC_STARTING,	/* no commands yet */
	STORVSC_RUNNING,
	STORVSC_RESETTING,	/* commands wait */
	STORVSC_DEAD,		/* could not be restarted: commands fail */
	STORVSC_GONE,		/* rescinded or removed; final */
};

enum storvsc_type {
	STORVSC_SCSI,
	STORVSC_IDE,
};

/* Bits of storvsc_adapter.events and storvsc_lun.events. */
enum storvsc_event {
	STORVSC_EVENT_BUS,		/* LUNs may have come or gone */
	STORVSC_EVENT_LUN,		/* some LUN has an event of its own */
	STORVSC_EVENT_PRESENCE,		/* the host says that it is gone */
	STORVSC_EVENT_REVALIDATE,	/* capacity or parameters changed */
};

/**
 * struct storvsc_counters - rare events, for debugfs
 *
 * Each may be counted on any CPU in any context.
 */
struct storvsc_counters {
	atomic_t bad_packets;
	atomic_t stale_completions;
	atomic_t ring_full;
	atomic_t timeouts;
	atomic_t lun_resets;
	atomic_t bus_resets;
	atomic_t restarts;
	atomic_t rescans;
	atomic_t revalidations;
	atomic_t rescinded;
	atomic_t gaps;
};

/**
 * struct storvsc_adapter - one controller
 * @hdev: its VMBus device
 * @shost: its SCSI host, which also holds the adapter's memory
 * @type: SCSI controller or IDE accelerator
 * @path: IDE: path of the disk
 * @target: IDE: target number of the disk
 * @ports: IDE: counted among the users of the emulated channel's ports
 * @state: enum storvsc_state; written under @chan_lock, read anywhere
 * @version: HVG_STOR_VERSION_* that the host accepted
 * @packet_bytes: size of a packet in that version
 * @request_bytes: value of hvg_stor_request.length in that version
 * @sense_bytes: room for sense data in that version
 * @max_transfer_bytes: largest transfer
 * @max_pages: most 4 KiB pages of a request
 * @ring_bytes: of each direction of each channel
 * @subchannels: how many the host was asked for and granted
 * @restart_lock: one restart at a time, none at the end
 * @chan_lock: opening and closing of channels, @state, the CPU map
 * @chans: the primary and @subchannels more
 * @closed: wakes who waits for the end of closers
 * @cpu_chan: for each CPU the index of the channel that it sends on;
 *	written under @chan_lock, read without a lock
 * @sync: synchronous requests
 * @slots: @queues times @queue_slots of them
 * @queues: hardware queues
 * @queue_slots: requests of one queue
 * @queue: the queueing's own, NULL if it needs none
 * @scan_lock: one scan at a time
 * @scan_over: the host is being removed: a scan that goes on ends, another
 *	does nothing
 * @wq: runs @work
 * @work: handles @events
 * @kick: restarts queues that found the ring full
 * @mends: restarts by @mend that came one right after the other
 * @mended: when the last of them was, jiffies
 * @mend_wq: runs @mend
 * @mend: closes channels that do no more I/O, or restarts the adapter; not
 *	on @wq, as a scan there waits for commands that only this ends
 * @remap: writes @cpu_chan anew when a channel has moved to another CPU
 * @events: bits of enum storvsc_event, atomic bit operations only
 * @ring_blocked: 1 when a command was sent back because the ring was full
 * @debugfs: directory of this adapter
 * @count: rare events
 */
struct storvsc_adapter {
	struct hvg_device *hdev;
	struct Scsi_Host *shost;
	enum storvsc_type type;
	u8 path;
	u8 target;
	bool ports;
	unsigned int state;

	u16 version;
	u16 packet_bytes;
	u16 request_bytes;
	u16 sense_bytes;
	u32 max_transfer_bytes;
	u32 max_pages;
	u32 ring_bytes;
	u16 subchannels;

	struct mutex restart_lock;	/* one restart or end at a time */
	struct mutex chan_lock;	/* channels, state, cpu_chan */
	struct storvsc_channel *chans;
	wait_queue_head_t closed;
	u16 *cpu_chan;
	unsigned long halted;	/* when it last left STORVSC_RUNNING */
	struct storvsc_sync sync;

	struct storvsc_slot *slots;
	unsigned int queues;
	unsigned int queue_slots;
	struct storvsc_queue *queue;

	struct mutex scan_lock;	/* one scan at a time */
	bool scan_over;
	struct workqueue_struct *wq;
	struct work_struct work;
	struct work_struct kick;
	struct workqueue_struct *mend_wq;
	struct work_struct mend;
	unsigned int mends;
	unsigned long mended;
	struct work_struct remap;
	unsigned long events;
	unsigned int ring_blocked;

	struct dentry *debugfs;
	struct storvsc_counters count;
};

/**
 * struct storvsc_lun - what the driver keeps for a LUN (scsi_device.hostdata)
 * @rcu: the LUN may be removed while the work item looks at it
 * @events: bits of enum storvsc_event, atomic bit operations only
 */
struct storvsc_lun {
	struct rcu_head rcu;
	unsigned long events;
};

/**
 * struct storvsc_verdict - what the host's answer to a command means
 * @host_byte: DID_*
 * @status: SCSI status
 * @resid: bytes that were not moved
 * @sense_bytes: valid bytes of the packet's sense data
 * @worked: the sense data says that the command has done its work
 * @no_sense: it says nothing else
 * @make_sense: no sense came, but the command is an illegal request
 * @no_lun: LUN 0 of the target is empty, the target may have others
 * @lun_event: bit of enum storvsc_event for the LUN, or -1
 * @bus_event: the set of LUNs changed
 * @expected: what the packet should have had, or NULL if all is well
 * @got: what it had instead
 */
struct storvsc_verdict {
	u8 host_byte;
	u8 status;
	u32 resid;
	u8 sense_bytes;
	bool worked;
	bool no_sense;
	bool make_sense;
	bool no_lun;
	int lun_event;
	bool bus_event;
	const char *expected;
	u32 got;
};

/* driver.c: module parameters */
extern unsigned int storvsc_param_ring_bytes;
extern unsigned int storvsc_param_queue_depth;
extern unsigned int storvsc_param_subchannels;
extern unsigned int storvsc_param_timeouts;
extern unsigned int storvsc_param_log_level;
extern unsigned int storvsc_param_double_attach;

#define storvsc_dev(a)	(&(a)->hdev->dev)

/* Log level 1 adds what the guest's user may want to know, 2 failed I/O. */
#define storvsc_note(a, level, fmt, ...)				\
	do {								\
		if (storvsc_param_log_level >= (level))			\
			dev_info_ratelimited(storvsc_dev(a), fmt,	\
					     ##__VA_ARGS__);		\
	} while (0)

static inline unsigned int storvsc_state(const struct storvsc_adapter *a)
{
	return READ_ONCE(a->state);
}

/* emulated.c */
bool storvsc_emulated(struct storvsc_adapter *a);
void storvsc_ports_reserve(struct storvsc_adapter *a);
void storvsc_ports_release(struct storvsc_adapter *a);

/* channels.c */
int storvsc_channels_alloc(struct storvsc_adapter *a, u16 subchannels);
void storvsc_channels_free(struct storvsc_adapter *a);
int storvsc_channel_open(struct storvsc_adapter *a, u16 index,
			 struct hvg_channel *chan);
bool storvsc_channel_broken(struct storvsc_adapter *a, u16 index);
void storvsc_channel_look(struct storvsc_adapter *a, u16 index);
bool storvsc_channel_held(struct storvsc_adapter *a, u16 index);
bool storvsc_channels_mend(struct storvsc_adapter *a);
void storvsc_set_state(struct storvsc_adapter *a, enum storvsc_state state);
bool storvsc_take_down(struct storvsc_adapter *a, enum storvsc_state state,
		       u8 host_byte);

/* protocol.c */
int storvsc_protocol_start(struct storvsc_adapter *a);
int storvsc_protocol_subchannels(struct storvsc_adapter *a, u16 count);
int storvsc_sync_request(struct storvsc_adapter *a,
			 struct hvg_stor_packet *pkt, unsigned int timeout_ms);
bool storvsc_sync_complete(struct storvsc_adapter *a, unsigned int state,
			   const struct hvg_packet *pkt);
void storvsc_sync_cancel(struct storvsc_adapter *a, int error);

/* slots.c */
int storvsc_slots_alloc(struct storvsc_adapter *a);
void storvsc_slots_free(struct storvsc_adapter *a);
u64 storvsc_slot_next_id(const struct storvsc_adapter *a,
			 const struct storvsc_slot *slot);
void storvsc_slot_arm(struct storvsc_slot *slot, u64 id,
		      struct scsi_cmnd *scmd, u16 chan);
bool storvsc_slot_take(struct storvsc_slot *slot, unsigned int state);
struct storvsc_slot *storvsc_slot_find(struct storvsc_adapter *a, u64 id);
bool storvsc_slots_idle(struct storvsc_adapter *a, struct scsi_device *sdev);
unsigned int storvsc_slots_on(struct storvsc_adapter *a, u16 chan);
void storvsc_slots_fail(struct storvsc_adapter *a, u16 chan, u8 host_byte,
			unsigned long waited);

static inline bool storvsc_slot_owned(const struct storvsc_slot *slot)
{
	return READ_ONCE(slot->state) & STORVSC_OWNED;
}

/* request.c */
int storvsc_submit(struct storvsc_adapter *a, struct storvsc_slot *slot,
		   struct scsi_cmnd *scmd, const struct storvsc_data *data,
		   unsigned int timeout_s);
void storvsc_illegal_request(struct scsi_cmnd *scmd);

/* judge.c */
void storvsc_judge(u16 version, const u8 *cdb, u8 lun, u32 buffer_bytes,
		   u32 sense_room, const struct hvg_stor_packet *pkt,
		   struct storvsc_verdict *v);

/* completion.c */
void storvsc_packet(struct hvg_channel *chan, const struct hvg_packet *pkt);

/* recovery.c */
bool storvsc_more_time(struct storvsc_adapter *a, struct storvsc_slot *slot);
int storvsc_reset_lun(struct storvsc_adapter *a, struct scsi_device *sdev);
int storvsc_reset_bus(struct storvsc_adapter *a);
void storvsc_mend(struct work_struct *work);
void storvsc_broken(struct storvsc_adapter *a);
int storvsc_restart(struct storvsc_adapter *a);
void storvsc_end(struct storvsc_adapter *a);
void storvsc_quiesce(struct storvsc_adapter *a);

/* scan.c */
void storvsc_scan_init(struct storvsc_adapter *a);
void storvsc_scan_end(struct storvsc_adapter *a);
void storvsc_scan_stop(struct storvsc_adapter *a);
void storvsc_scan_first(struct storvsc_adapter *a);
void storvsc_scan(struct storvsc_adapter *a, unsigned int path,
		  unsigned int target, u64 lun);
void storvsc_event(struct storvsc_adapter *a, enum storvsc_event event);
void storvsc_lun_event(struct storvsc_adapter *a, struct scsi_device *sdev,
		       enum storvsc_event event);

/* debugfs.c */
void storvsc_debugfs_init(void);
void storvsc_debugfs_exit(void);
void storvsc_debugfs_add(struct storvsc_adapter *a);
void storvsc_debugfs_remove(struct storvsc_adapter *a);

/* host.c */
struct storvsc_adapter *storvsc_host_alloc(struct hvg_device *hdev);
int storvsc_host_limits(struct storvsc_adapter *a);
int storvsc_host_add(struct storvsc_adapter *a);
void storvsc_host_remove(struct storvsc_adapter *a);
void storvsc_host_put(struct storvsc_adapter *a);
void storvsc_host_unblock(struct storvsc_adapter *a);

/* host.c: what either queueing, or its template, refers to */
bool storvsc_host_queued(struct scsi_cmnd *scmd, int ret);
int storvsc_eh_abort(struct scsi_cmnd *scmd);
int storvsc_eh_device_reset(struct scsi_cmnd *scmd);
int storvsc_eh_bus_reset(struct scsi_cmnd *scmd);
int storvsc_eh_host_reset(struct scsi_cmnd *scmd);
int storvsc_sdev_init(struct scsi_device *sdev);
int storvsc_sdev_configure(struct scsi_device *sdev, struct queue_limits *lim);
void storvsc_sdev_destroy(struct scsi_device *sdev);
int storvsc_change_queue_depth(struct scsi_device *sdev, int depth);
int storvsc_bios_param(struct scsi_device *sdev, struct gendisk *unused,
		       sector_t capacity, int geometry[]);

/* host_mq.c or host_legacy.c */
extern struct scsi_host_template storvsc_template;
int storvsc_queue_init(struct storvsc_adapter *a, unsigned int slots);
void storvsc_queue_exit(struct storvsc_adapter *a);
void storvsc_queue_configure(struct storvsc_adapter *a,
			     struct scsi_device *sdev);
struct storvsc_slot *storvsc_host_slot(struct scsi_cmnd *scmd);
void storvsc_host_data(struct scsi_cmnd *scmd, u32 bytes);
void storvsc_host_done(struct scsi_cmnd *scmd);

#endif /* _HVG_STORVSC_H */
