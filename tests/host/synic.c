// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's half of the synthetic interrupt controller. KVM has the MSRs and
 * delivers the interrupts; messages and event flags are written here into the
 * guest's pages. Everything with the machine lock held.
 *
 * A SINT is raised through an irqfd on its GSI. Its resample eventfd tells
 * when the guest acknowledged it: on EOI, and on a write to the EOM MSR,
 * which is what a guest does that found more messages to be pending. It is
 * watched only while a message waits for its slot.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../include/hvg/hv_wire.h"
#include "../../include/hvg/vmbus_wire.h"
#include "fault.h"
#include "loop.h"
#include "record.h"
#include "vm_priv.h"

/*
 * More than any number of devices needs: the guest asks for what it is sent,
 * and may never read it.
 */
#define SYNIC_QUEUE_MAX		8192
#define SYNIC_BINDINGS		512

#define GSI_SINT(vp, sint)	(IOAPIC_PINS + (vp) * HVG_SYNIC_SINTS + (sint))
#define ROUTES			(8 + 8 + IOAPIC_PINS + \
				 VM_MAX_CPUS * HVG_SYNIC_SINTS)

struct message {
	struct message *next;
	uint32_t type;
	uint8_t len;
	uint8_t payload[HVG_MESSAGE_PAYLOAD];
};

/*
 * struct sint - a synthetic interrupt source
 * @raise, @ack: eventfds, -1 before the first use
 * @watched: @ack is in the event loop
 * @head, @tail: messages not yet in the slot
 */
struct sint {
	unsigned int vp, number;
	int raise, ack;
	bool watched;
	struct message *head, **tail;
	unsigned int queued;
};

/*
 * struct synic - one VP's
 * @messages, @events: the guest's pages, NULL while disabled
 */
struct synic {
	bool enabled;
	uint8_t *messages, *events;
	struct sint sints[HVG_SYNIC_SINTS];
	uint64_t interrupts;
};

/* struct binding - an eventfd that takes the signals of a connection */
struct binding {
	uint32_t connection;
	int fd;
};

static struct synic synics[VM_MAX_CPUS];
static struct binding bindings[SYNIC_BINDINGS];
static unsigned int binding_count;
static uint64_t messages_to_guest, messages_from_guest;
static unsigned int pending_max;

static int kvm_bind(const struct binding *b, uint32_t flags)
{
	struct kvm_hyperv_eventfd arg = {
		.conn_id = b->connection,
		.fd = b->fd,
		.flags = flags,
	};

	if (vm.fd < 0)
		return 0;
	return ioctl(vm.fd, KVM_HYPERV_EVENTFD, &arg) < 0 ? -errno : 0;
}

static int unbind(uint32_t connection)
{
	unsigned int i;

	for (i = 0; i < binding_count; i++) {
		if (bindings[i].connection != connection)
			continue;
		kvm_bind(&bindings[i], KVM_HYPERV_EVENTFD_DEASSIGN);
		bindings[i] = bindings[--binding_count];
		return 0;
	}
	return -ENOENT;
}

/*
 * Bindings outlive a reset: they are made again in the new machine.
 * Return: 0 or a negative errno.
 */
int synic_bind_eventfd(uint32_t connection_id, int fd)
{
	struct binding b = { .connection = connection_id, .fd = fd };
	int err;

	if (fd < 0)
		return unbind(connection_id);
	if (binding_count == SYNIC_BINDINGS)
		return -ENOSPC;
	err = kvm_bind(&b, 0);
	if (!err)
		bindings[binding_count++] = b;
	return err;
}

static struct kvm_irq_routing_entry *
add_chip_route(struct kvm_irq_routing_entry *e, unsigned int gsi,
	       unsigned int chip, unsigned int pin)
{
	e->gsi = gsi;
	e->type = KVM_IRQ_ROUTING_IRQCHIP;
	e->u.irqchip.irqchip = chip;
	e->u.irqchip.pin = pin;
	return e + 1;
}

/* ISA interrupts to both PIC and IOAPIC, the timer to IOAPIC pin 2. */
static struct kvm_irq_routing_entry *
add_isa_routes(struct kvm_irq_routing_entry *e)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (i != 2)
			e = add_chip_route(e, i, i < 8 ? KVM_IRQCHIP_PIC_MASTER :
					   KVM_IRQCHIP_PIC_SLAVE, i % 8);
	for (i = 0; i < IOAPIC_PINS; i++)
		if (i != 2)
			e = add_chip_route(e, i, KVM_IRQCHIP_IOAPIC,
					   i ? i : 2);
	return e;
}

static int set_routes(void)
{
	struct kvm_irq_routing_entry *e;
	struct kvm_irq_routing *table;
	unsigned int vp, n;
	int ret;

	table = calloc(1, sizeof(*table) + ROUTES * sizeof(*e));
	if (!table)
		return -1;
	e = add_isa_routes(table->entries);
	for (vp = 0; vp < vm_cpus(); vp++) {
		for (n = 0; n < HVG_SYNIC_SINTS; n++) {
			e->gsi = GSI_SINT(vp, n);
			e->type = KVM_IRQ_ROUTING_HV_SINT;
			e->u.hv_sint.vcpu = vp;
			e->u.hv_sint.sint = n;
			e++;
		}
	}
	table->nr = e - table->entries;
	ret = vm_ioctl(KVM_SET_GSI_ROUTING, table, "interrupt routes");
	free(table);
	return ret;
}

int synic_setup(void)
{
	unsigned int vp, n, i;
	struct sint *s;
	int err;

	for (vp = 0; vp < VM_MAX_CPUS; vp++) {
		for (n = 0; n < HVG_SYNIC_SINTS; n++) {
			s = &synics[vp].sints[n];
			*s = (struct sint){
				.vp = vp, .number = n, .raise = -1, .ack = -1,
			};
			s->tail = &s->head;
		}
	}
	if (set_routes() < 0)
		return -1;
	for (i = 0; i < binding_count; i++) {
		err = kvm_bind(&bindings[i], 0);
		if (err)
			return complain("connection %u: %s",
					bindings[i].connection,
					strerror(-err));
	}
	return 0;
}

static void sint_watch(struct sint *s, bool on);

static void sint_pop(struct sint *s)
{
	struct message *m = s->head;

	s->head = m->next;
	if (!s->head)
		s->tail = &s->head;
	s->queued--;
	free(m);
}

static void sint_teardown(struct sint *s)
{
	/* Nothing was set up if the machine never came to synic_setup(). */
	if (!s->tail)
		return;
	sint_watch(s, false);
	if (s->raise >= 0) {
		close(s->raise);
		close(s->ack);
	}
	s->raise = -1;
	s->ack = -1;
	while (s->head)
		sint_pop(s);
}

void synic_teardown(void)
{
	unsigned int vp, n;

	for (vp = 0; vp < VM_MAX_CPUS; vp++) {
		for (n = 0; n < HVG_SYNIC_SINTS; n++)
			sint_teardown(&synics[vp].sints[n]);
		synics[vp].enabled = false;
		synics[vp].messages = NULL;
		synics[vp].events = NULL;
	}
}

static int sint_connect(struct sint *s)
{
	struct kvm_irqfd irqfd = {
		.gsi = GSI_SINT(s->vp, s->number),
		.flags = KVM_IRQFD_FLAG_RESAMPLE,
	};

	s->raise = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->ack = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	irqfd.fd = s->raise;
	irqfd.resamplefd = s->ack;
	if (s->raise < 0 || s->ack < 0 ||
	    ioctl(vm.fd, KVM_IRQFD, &irqfd) < 0) {
		complain("SINT %u of VP %u: %s", s->number, s->vp,
			 strerror(errno));
		vm_end(VM_END_ERROR);
		return -1;
	}
	return 0;
}

static void sint_raise(struct sint *s)
{
	uint64_t one = 1;

	if (s->raise < 0 && sint_connect(s) < 0)
		return;
	if (write(s->raise, &one, sizeof(one)) == sizeof(one))
		synics[s->vp].interrupts++;
}

static void sint_deliver(struct sint *s);

static void sint_acked(void *opaque, uint32_t events)
{
	struct sint *s = opaque;
	uint64_t count;

	(void)events;
	if (read(s->ack, &count, sizeof(count)) < 0)
		return;
	sint_deliver(s);
}

static void sint_watch(struct sint *s, bool on)
{
	uint64_t count;

	if (s->watched == on)
		return;
	s->watched = on;
	if (!on) {
		loop_del_fd(s->ack);
		return;
	}
	/* Acknowledgements from before say nothing: forget them. */
	if (read(s->ack, &count, sizeof(count)) < 0)
		count = 0;
	loop_add_fd(s->ack, EPOLLIN, sint_acked, s);
}

/* The type is the slot's first field; a packed one, but aligned. */
static uint32_t *slot_type(struct hvg_message *slot)
{
	void *type = slot;

	return type;
}

/*
 * Is the slot free? If not, ask the guest for an EOM. The guest clears the
 * type and then looks at the flag; here the flag is set and then the type
 * looked at again: one of the two sees the other.
 */
static bool slot_free(struct hvg_message *slot)
{
	if (!__atomic_load_n(slot_type(slot), __ATOMIC_ACQUIRE))
		return true;
	__atomic_or_fetch(&slot->flags, HVG_MESSAGE_FLAG_PENDING,
			  __ATOMIC_SEQ_CST);
	return !__atomic_load_n(slot_type(slot), __ATOMIC_SEQ_CST);
}

/* The type goes last: it tells the guest that the rest is there. */
static void slot_write(struct hvg_message *slot, const struct message *m)
{
	struct hvg_message head = {
		.type = m->type,
		.payload_size = m->len,
		.flags = m->next ? HVG_MESSAGE_FLAG_PENDING : 0,
	};
	/* As its payload is, see vmbus_fault_message(). */
	struct fault_place place = {
		.spared = m->payload[0] == HVG_MSG_GPADL_TORNDOWN,
	};

	if (fault_fires(FAULT_SLOT_SIZE, place))
		head.payload_size = fault_value(FAULT_SLOT_SIZE);
	fault_overwrite(FAULT_SLOT_BYTES, place, &head,
			offsetof(struct hvg_message, payload), NULL);
	memcpy(slot->payload, m->payload, m->len);
	slot->payload_size = head.payload_size;
	slot->flags = head.flags;
	slot->reserved = head.reserved;
	slot->sender = head.sender;
	__atomic_store_n(slot_type(slot), head.type, __ATOMIC_RELEASE);
}

/* All ones: a message of no type that there is, and more to come. */
static bool slot_scribble(struct hvg_message *slot)
{
	if (!fault_fires(FAULT_SLOT_SCRIBBLE, FAULT_ANYWHERE))
		return false;
	memset(slot, 0xff, sizeof(*slot));
	return true;
}

/* Put as many messages into the slot as the guest takes out of it. */
static void sint_deliver(struct sint *s)
{
	struct synic *synic = &synics[s->vp];
	struct hvg_message *slot;

	if (!s->head || !synic->enabled || !synic->messages) {
		sint_watch(s, false);
		return;
	}
	slot = (struct hvg_message *)synic->messages + s->number;
	while (s->head) {
		if (s->raise < 0 && sint_connect(s) < 0)
			return;
		/* Watch before looking: an EOM after the look is seen. */
		sint_watch(s, true);
		if (!slot_free(slot))
			return;
		if (!slot_scribble(slot)) {
			slot_write(slot, s->head);
			sint_pop(s);
			messages_to_guest++;
		}
		sint_raise(s);
	}
	sint_watch(s, false);
}

bool synic_post_message(unsigned int vp, unsigned int sint, uint32_t type,
			const void *payload, size_t len)
{
	struct message *m;
	struct sint *s;

	if (vp >= vm_cpus() || sint >= HVG_SYNIC_SINTS ||
	    len > HVG_MESSAGE_PAYLOAD)
		return false;
	s = &synics[vp].sints[sint];
	if (!s->tail || s->queued >= SYNIC_QUEUE_MAX) {
		hlog("message of type %u for VP %u dropped: %u wait",
		     type, vp, s->queued);
		return false;
	}
	m = calloc(1, sizeof(*m));
	if (!m)
		return false;
	m->type = type;
	m->len = len;
	memcpy(m->payload, payload, len);
	*s->tail = m;
	s->tail = &m->next;
	if (++s->queued > pending_max)
		pending_max = s->queued;
	sint_deliver(s);
	return true;
}

bool synic_signal_event(unsigned int vp, unsigned int sint, uint16_t flag)
{
	struct synic *synic;
	uint8_t *byte, bit = 1u << (flag % 8);

	if (vp >= vm_cpus() || sint >= HVG_SYNIC_SINTS ||
	    flag >= HVG_EVENT_FLAGS)
		return false;
	synic = &synics[vp];
	if (!synic->enabled || !synic->events)
		return false;
	byte = synic->events + sint * HVG_EVENT_FLAGS_BYTES + flag / 8;
	if (!(__atomic_fetch_or(byte, bit, __ATOMIC_SEQ_CST) & bit))
		sint_raise(&synic->sints[sint]);
	return true;
}

static uint8_t *page_of(uint64_t msr)
{
	if (!(msr & HVG_SYNIC_ENABLE))
		return NULL;
	return vm_ram(msr & ~(uint64_t)(HVG_PAGE_SIZE - 1), HVG_PAGE_SIZE);
}

/* The guest wrote SCONTROL, SIEFP or SIMP. */
void synic_page_change(struct vcpu *v)
{
	struct synic *synic = &synics[v->index];
	unsigned int i;

	synic->enabled = v->run->hyperv.u.synic.control & HVG_SYNIC_ENABLE;
	synic->events = page_of(v->run->hyperv.u.synic.evt_page);
	synic->messages = page_of(v->run->hyperv.u.synic.msg_page);
	for (i = 0; i < HVG_SYNIC_SINTS; i++)
		sint_deliver(&synic->sints[i]);
}

static uint64_t hypercall_post(const struct kvm_hyperv_exit *hv)
{
	struct hvg_post_message_input in;
	uint64_t gpa = hv->u.hcall.params[0];
	const void *p = vm_ram(gpa, sizeof(in));

	if ((hv->u.hcall.input & HVG_HVCALL_FAST) || gpa % 8 ||
	    gpa % HVG_PAGE_SIZE > HVG_PAGE_SIZE - sizeof(in) || !p)
		return HVG_STATUS_INVALID_PARAMETER;
	/* Once: the guest may change it meanwhile. */
	memcpy(&in, p, sizeof(in));
	if (in.payload_size > sizeof(in.payload) ||
	    in.message_type & 0x80000000u)
		return HVG_STATUS_INVALID_PARAMETER;
	messages_from_guest++;
	return vmbus_post_message(in.connection_id, in.message_type,
				  in.payload, in.payload_size);
}

/*
 * Where the input of a call that is not fast is. Take it from the registers:
 * depending on its version, KVM may have put the input itself in its place.
 */
static bool signal_input(struct vcpu *v, struct hvg_signal_event_input *in)
{
	struct kvm_regs regs = { 0 };
	struct kvm_sregs sregs = { 0 };
	uint64_t gpa;
	const void *p;

	if (ioctl(v->fd, KVM_GET_REGS, &regs) < 0 ||
	    ioctl(v->fd, KVM_GET_SREGS, &sregs) < 0)
		return false;
	if ((sregs.efer & (1u << 10)) && sregs.cs.l)
		gpa = regs.rdx;
	else
		gpa = regs.rbx << 32 | (uint32_t)regs.rcx;
	p = vm_ram(gpa, sizeof(*in));
	if (!p || gpa % 8)
		return false;
	memcpy(in, p, sizeof(*in));
	return true;
}

static uint64_t hypercall_signal(struct vcpu *v,
				 const struct kvm_hyperv_exit *hv)
{
	struct hvg_signal_event_input in;

	if (hv->u.hcall.input & HVG_HVCALL_FAST)
		memcpy(&in, &hv->u.hcall.params[0], sizeof(in));
	else if (!signal_input(v, &in))
		return HVG_STATUS_INVALID_PARAMETER;
	return vmbus_signal_event(in.connection_id, in.flag);
}

/* Return: the result value, HVG_STATUS_*. */
uint64_t synic_hypercall(struct vcpu *v)
{
	const struct kvm_hyperv_exit *hv = &v->run->hyperv;

	switch (hv->u.hcall.input & 0xffff) {
	case HVG_HVCALL_POST_MESSAGE:
		return hypercall_post(hv);
	case HVG_HVCALL_SIGNAL_EVENT:
		return hypercall_signal(v, hv);
	default:
		return HVG_STATUS_INVALID_CODE;
	}
}

uint64_t synic_interrupts(unsigned int vp)
{
	return synics[vp].interrupts;
}

json_t *synic_stats(void)
{
	return json_pack("{s:I, s:I, s:i}",
			 "to_guest", (json_int_t)messages_to_guest,
			 "from_guest", (json_int_t)messages_from_guest,
			 "pending_max", (int)pending_max);
}
