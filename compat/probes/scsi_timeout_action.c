/* feature: eh_timed_out() returns enum scsi_timeout_action (6.2) */
/* symbol: scsi_timeout_action|SCSI_EH_ */
#include <linux/module.h>
#include <scsi/scsi_host.h>

enum scsi_timeout_action hvg_probe(void);

enum scsi_timeout_action hvg_probe(void)
{
	return SCSI_EH_RESET_TIMER;
}

MODULE_LICENSE("GPL");
