/* SPDX-License-Identifier: GPL-2.0-only */
/* The SCSI midlayer of RHEL 5's 2.6.18; see interfaces.h. */
#ifndef _HVG_OLD_SCSI_H
#define _HVG_OLD_SCSI_H

/* linux/dma-mapping.h, linux/blkdev.h, asm/scatterlist.h */
enum dma_data_direction {
	DMA_BIDIRECTIONAL,
	DMA_TO_DEVICE,
	DMA_FROM_DEVICE,
	DMA_NONE,
};

struct block_device;
struct request;
struct request_queue;
#define BLK_BOUNCE_ANY		(~0ULL)
void blk_queue_bounce_limit(struct request_queue *q, u64 limit);
int blk_fs_request(struct request *rq);
int blk_pc_request(struct request *rq);
int blk_barrier_rq(struct request *rq);
#define sector_div(n, by)	({ int rest_ = (n) % (by); (n) /= (by); rest_; })

struct scatterlist {
	struct page *page;
	unsigned int offset;
	unsigned int length;
};

void sg_init_one(struct scatterlist *sg, void *buf, unsigned int bytes);

/* scsi/scsi.h */
#define SAM_STAT_GOOD		0x00
#define SAM_STAT_CHECK_CONDITION 0x02
#define SAM_STAT_BUSY		0x08
#define SAM_STAT_RESERVATION_CONFLICT 0x18
#define SAM_STAT_TASK_SET_FULL	0x28
#define DID_OK			0x00
#define DID_NO_CONNECT		0x01
#define DID_ERROR		0x07
#define DID_RESET		0x08
#define DID_SOFT_ERROR		0x0b
#define DID_REQUEUE		0x0d
#define DRIVER_SENSE		0x08
#define SUCCESS			0x2002
#define FAILED			0x2003
#define SCSI_MLQUEUE_DEVICE_BUSY	0x1056
#define SCAN_WILD_CARD		(~0U)
#define SCSI_SPC_2		4
#define SCSI_SPC_3		6
#define host_byte(result)	(((result) >> 16) & 0xff)

#define TEST_UNIT_READY		0x00
#define INQUIRY			0x12
#define SYNCHRONIZE_CACHE	0x35
#define REPORT_LUNS		0xa0
#define MODE_SENSE		0x1a
#define SET_WINDOW		0x24
#define WRITE_SAME		0x41
#define MODE_SENSE_10		0x5a
#define NO_SENSE		0x00
#define RECOVERED_ERROR		0x01
#define ILLEGAL_REQUEST		0x05
#define UNIT_ATTENTION		0x06
#define MSG_SIMPLE_TAG		0x20
#define BLIST_LARGELUN		0x200
#define BLIST_REPORTLUN2	0x20000
#define SCSI_MAX_PHYS_SEGMENTS	128
#define ENABLE_CLUSTERING	1

/* scsi/scsi_cmnd.h */
struct Scsi_Host;
struct scsi_device;
#define MAX_COMMAND_SIZE	16
#define SCSI_SENSE_BUFFERSIZE	96

struct scsi_cmnd {
	struct scsi_device *device;
	unsigned long serial_number;
	unsigned long jiffies_at_alloc;
	int retries;
	int allowed;
	int timeout_per_command;
	unsigned char cmd_len;
	enum dma_data_direction sc_data_direction;
	unsigned char cmnd[MAX_COMMAND_SIZE];
	unsigned int request_bufflen;
	void *request_buffer;
	unsigned short use_sg;
	unsigned int underflow;
	int resid;
	struct request *request;
	unsigned char sense_buffer[SCSI_SENSE_BUFFERSIZE];
	void (*scsi_done)(struct scsi_cmnd *scmd);
	unsigned char *host_scribble;
	int result;
};

#define scsi_sg_count(scmd)	((scmd)->use_sg)
#define scsi_sglist(scmd)	((struct scatterlist *)(scmd)->request_buffer)
#define scsi_bufflen(scmd)	((scmd)->request_bufflen)
void scsi_set_resid(struct scsi_cmnd *scmd, int resid);
int scsi_get_resid(struct scsi_cmnd *scmd);
void *scsi_kmap_atomic_sg(struct scatterlist *sg, int count, size_t *offset,
			  size_t *bytes);
void scsi_kunmap_atomic_sg(void *addr);

/* scsi/scsi_device.h */
enum scsi_device_state {
	SDEV_RUNNING = 2,
};

enum scsi_target_state {
	STARGET_RUNNING = 1,
	STARGET_DEL,
};

struct scsi_target {
	struct list_head siblings;
	struct device dev;
	unsigned int channel;
	unsigned int id;
	enum scsi_target_state state;
};

struct scsi_device {
	struct Scsi_Host *host;
	struct request_queue *request_queue;
	unsigned short queue_depth;
	unsigned int id, lun, channel;
	void *hostdata;
	char type;
	char scsi_level;
	unsigned char *inquiry;
	unsigned int sdev_bflags;
	unsigned removable:1;
	unsigned changed:1;
	unsigned tagged_supported:1;
	unsigned simple_tags:1;
	struct device sdev_gendev;
	enum scsi_device_state sdev_state;
};

struct scsi_sense_hdr {
	u8 sense_key;
	u8 asc;
	u8 ascq;
};

#define to_scsi_device(d)	container_of(d, struct scsi_device, sdev_gendev)
struct scsi_target *scsi_target(struct scsi_device *sdev);
struct scsi_device *__scsi_iterate_devices(struct Scsi_Host *shost,
					   struct scsi_device *last);
#define shost_for_each_device(sdev, shost) \
	for ((sdev) = __scsi_iterate_devices(shost, NULL); (sdev); \
	     (sdev) = __scsi_iterate_devices(shost, sdev))
void scsi_device_put(struct scsi_device *sdev);
void scsi_remove_device(struct scsi_device *sdev);
int scsi_is_sdev_device(const struct device *dev);
void scsi_adjust_queue_depth(struct scsi_device *sdev, int tag, int depth);
int scsi_test_unit_ready(struct scsi_device *sdev, int timeout, int retries);
int scsi_execute_req(struct scsi_device *sdev, const unsigned char *cmd,
		     int direction, void *buf, unsigned int bytes,
		     struct scsi_sense_hdr *hdr, int timeout, int retries);
void scsi_scan_target(struct device *parent, unsigned int channel,
		      unsigned int id, unsigned int lun, int rescan);
int scsi_normalize_sense(const u8 *sense, int bytes,
			 struct scsi_sense_hdr *hdr);
int scsi_sense_valid(struct scsi_sense_hdr *hdr);

/* scsi/scsi_host.h, scsi/scsi_transport.h */
enum scsi_eh_timer_return {
	EH_NOT_HANDLED,
	EH_HANDLED,
	EH_RESET_TIMER,
};

enum scsi_host_state {
	SHOST_DEL = 4,
	SHOST_DEL_RECOVERY = 7,
};

struct scsi_transport_template {
	int (*user_scan)(struct Scsi_Host *shost, uint channel, uint id,
			 uint lun);
	enum scsi_eh_timer_return (*eh_timed_out)(struct scsi_cmnd *scmd);
};

struct scsi_host_template {
	struct module *module;
	const char *name;
	int (*queuecommand)(struct scsi_cmnd *scmd,
			    void (*done)(struct scsi_cmnd *scmd));
	int (*eh_abort_handler)(struct scsi_cmnd *scmd);
	int (*eh_device_reset_handler)(struct scsi_cmnd *scmd);
	int (*eh_bus_reset_handler)(struct scsi_cmnd *scmd);
	int (*eh_host_reset_handler)(struct scsi_cmnd *scmd);
	int (*slave_alloc)(struct scsi_device *sdev);
	int (*slave_configure)(struct scsi_device *sdev);
	void (*slave_destroy)(struct scsi_device *sdev);
	int (*change_queue_depth)(struct scsi_device *sdev, int depth);
	int (*bios_param)(struct scsi_device *sdev, struct block_device *bdev,
			  sector_t capacity, int geometry[]);
	char *proc_name;
	int can_queue;
	int this_id;
	unsigned short sg_tablesize;
	unsigned short max_sectors;
	unsigned long dma_boundary;
	short cmd_per_lun;
	unsigned use_clustering:1;
	unsigned skip_settle_delay:1;
};

struct Scsi_Host {
	struct list_head __targets;
	spinlock_t *host_lock;
	struct scsi_host_template *hostt;
	struct scsi_transport_template *transportt;
	unsigned short host_no;
	unsigned int max_id;
	unsigned int max_lun;
	unsigned int max_channel;
	unsigned char max_cmd_len;
	int can_queue;
	short cmd_per_lun;
	unsigned short sg_tablesize;
	unsigned short max_sectors;
	unsigned long dma_boundary;
	enum scsi_host_state shost_state;
	wait_queue_head_t host_wait;
	struct completion *eh_action;
	struct device shost_gendev;
	unsigned long hostdata[0];
};

int scsi_host_in_recovery(struct Scsi_Host *shost);
struct Scsi_Host *scsi_host_alloc(struct scsi_host_template *t, int bytes);
int scsi_add_host(struct Scsi_Host *shost, struct device *dev);
void scsi_remove_host(struct Scsi_Host *shost);
void scsi_host_put(struct Scsi_Host *shost);
void *shost_priv(struct Scsi_Host *shost);
struct Scsi_Host *dev_to_shost(struct device *dev);
void scsi_scan_host(struct Scsi_Host *shost);
void scsi_rescan_device(struct device *dev);
void scsi_unblock_requests(struct Scsi_Host *shost);

#endif /* _HVG_OLD_SCSI_H */
