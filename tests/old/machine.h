/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs, interrupts, ACPI and PCI of 2.6.18; see interfaces.h. */
#ifndef _HVG_OLD_MACHINE_H
#define _HVG_OLD_MACHINE_H

/* linux/cpumask.h: masks are passed by value */
typedef struct { DECLARE_BITMAP(bits, NR_CPUS); } cpumask_t;
extern cpumask_t cpu_online_map, cpu_possible_map;
int first_cpu_of(const cpumask_t *mask);
int next_cpu_of(int cpu, const cpumask_t *mask);
cpumask_t cpumask_of_cpu(int cpu);
#define first_cpu(mask)		first_cpu_of(&(mask))
#define next_cpu(cpu, mask)	next_cpu_of(cpu, &(mask))
#define cpu_isset(cpu, mask)	test_bit(cpu, (mask).bits)
#define cpu_set(cpu, mask)	set_bit(cpu, (mask).bits)
#define cpu_clear(cpu, mask)	clear_bit(cpu, (mask).bits)
#define cpus_clear(mask)	bitmap_zero((mask).bits, NR_CPUS)
#define cpu_online(cpu)		cpu_isset(cpu, cpu_online_map)
#define for_each_cpu_mask(cpu, mask) \
	for ((cpu) = first_cpu(mask); (cpu) < NR_CPUS; \
	     (cpu) = next_cpu(cpu, mask))
#define for_each_online_cpu(cpu) for_each_cpu_mask(cpu, cpu_online_map)
#define for_each_possible_cpu(cpu) for_each_cpu_mask(cpu, cpu_possible_map)
unsigned int num_online_cpus(void);
int cpu_to_node(int cpu);

/* linux/smp.h, linux/cpu.h, linux/percpu.h */
int smp_processor_id(void);
int raw_smp_processor_id(void);
int on_each_cpu(void (*func)(void *info), void *info, int retry, int wait);
int smp_call_function_single(int cpu, void (*func)(void *info), void *info,
			     int retry, int wait);
#define CPU_ONLINE		0x0002
#define CPU_DOWN_PREPARE	0x0005
#define CPU_DOWN_FAILED		0x0006
#define CPU_DEAD		0x0007
void lock_cpu_hotplug(void);
void unlock_cpu_hotplug(void);
int register_cpu_notifier(struct notifier_block *nb);
void unregister_cpu_notifier(struct notifier_block *nb);
#define DEFINE_PER_CPU(type, name) typeof(type) per_cpu__##name
#define per_cpu(name, cpu)	(*((void)(cpu), &per_cpu__##name))

/* linux/sched.h */
struct task_struct {
	unsigned long flags;
	cpumask_t cpus_allowed;
};

extern struct task_struct *current;
int set_cpus_allowed(struct task_struct *task, cpumask_t mask);

/* asm/msr.h, asm/processor.h */
void cpuid(int op, unsigned int *eax, unsigned int *ebx, unsigned int *ecx,
	   unsigned int *edx);
unsigned int cpuid_eax(unsigned int op);
unsigned int cpuid_ecx(unsigned int op);
unsigned long long read_msr(unsigned int msr);
void write_msr(unsigned int msr, unsigned long long value);
#define rdmsrl(msr, value)	((value) = read_msr(msr))
#define wrmsrl(msr, value)	write_msr(msr, value)

/* linux/preempt.h, asm/apic.h, asm/apicdef.h */
void preempt_disable(void);
void preempt_enable(void);
#define APIC_ISR		0x100
#define APIC_ICR		0x300
#define APIC_DEST_SELF		0x40000
#define APIC_DM_FIXED		0x00000
unsigned int apic_read(unsigned long reg);
void apic_write(unsigned long reg, unsigned int value);
void apic_wait_icr_idle(void);
void ack_APIC_irq(void);

/* linux/interrupt.h, asm/hw_irq.h: handlers have three parameters */
struct pt_regs;
typedef int irqreturn_t;
#define IRQ_NONE		0
#define IRQ_HANDLED		1
#define IRQF_DISABLED		0x20
#define FIRST_EXTERNAL_VECTOR	0x20
int request_irq(unsigned int irq,
		irqreturn_t (*handler)(int irq, void *data,
				       struct pt_regs *regs),
		unsigned long flags, const char *name, void *data);
void free_irq(unsigned int irq, void *data);

struct tasklet_struct {
	void (*func)(unsigned long data);
	unsigned long data;
};

void tasklet_init(struct tasklet_struct *tasklet,
		  void (*func)(unsigned long data), unsigned long data);
void tasklet_schedule(struct tasklet_struct *tasklet);
void tasklet_kill(struct tasklet_struct *tasklet);

/* linux/clocksource.h: a char pointer, read() is told nothing, no flags */
typedef u64 cycle_t;
struct clocksource {
	char *name;
	int rating;
	cycle_t (*read)(void);
	cycle_t mask;
	u32 mult;
	u32 shift;
	int is_continuous;
};

#define CLOCKSOURCE_MASK(bits) \
	((cycle_t)((bits) < 64 ? (1ULL << ((bits) & 63)) - 1 : -1))
u32 clocksource_hz2mult(u32 hz, u32 shift);
int clocksource_register(struct clocksource *cs);

/* linux/ioport.h */
struct resource;
struct resource *request_region(unsigned long start, unsigned long count,
				const char *name);
void release_region(unsigned long start, unsigned long count);

/* linux/utsname.h */
struct new_utsname {
	char release[65];
};

extern struct new_utsname system_utsname;

/* linux/acpi.h: names are not const */
typedef u32 acpi_status;
typedef void *acpi_handle;
#define AE_OK			0
#define AE_CTRL_TERMINATE	0x4004
#define METHOD_NAME__CRS	"_CRS"
#define ACPI_RESOURCE_TYPE_IRQ	0

struct acpi_resource {
	u32 type;
	union {
		struct {
			u8 interrupt_count;
			u8 interrupts[1];
		} irq;
	} data;
};

extern int acpi_disabled;
acpi_status acpi_get_devices(char *hid,
			     acpi_status (*func)(acpi_handle handle, u32 level,
						 void *context, void **result),
			     void *context, void **result);
acpi_status acpi_walk_resources(acpi_handle handle, char *method,
				acpi_status (*func)(struct acpi_resource *res,
						    void *context),
				void *context);

#endif /* _HVG_OLD_MACHINE_H */
