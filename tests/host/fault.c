// SPDX-License-Identifier: GPL-2.0-only
/*
 * Named faults: ways in which the host can be told to misbehave, from the
 * command line or the control socket. Here is what there is and what is
 * armed; what a fault does is in the file whose step it perverts, which asks
 * fault_fires(). Runs with the machine lock held.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/hvg/storvsc_wire.h"
#include "control.h"
#include "fault.h"
#include "main.h"
#include "record.h"

/*
 * struct fault_kind - a fault
 * @value: what "value" is if it is not given
 * @odds: at random, one occasion in so many; 0: in RANDOM_ODDS. Where it is
 *	given the value says what becomes of what is written: any is as good
 */
struct fault_kind {
	const char *name;
	uint32_t value;
	const char *help;
	unsigned int odds;
};

static const struct fault_kind kinds[FAULT_COUNT] = {
	[FAULT_SRB_STATUS] = { "srb-status", 0x04,
		"a request is not executed and ends with the SRB status value" },
	[FAULT_SENSE] = { "sense", 0x031100,
		"CHECK CONDITION with key, ASC and ASCQ of value (031100)" },
	[FAULT_BAD_SECTOR] = { "bad-sector", 0,
		"of a READ(10) all but the last block is good, as the sense data says" },
	[FAULT_BUSY] = { "busy", 0, "SCSI status BUSY" },
	[FAULT_QUEUE_FULL] = { "queue-full", 0, "SCSI status TASK SET FULL" },
	[FAULT_SHORT] = { "short", 512,
		"success, but no more than value bytes are said to be moved" },
	[FAULT_DROP] = { "drop", 0,
		"a request is not answered until a reset aborts it" },
	[FAULT_DROP_RESET] = { "drop-reset", 0,
		"a reset does nothing and is not answered" },
	[FAULT_INTERRUPT_LOST] = { "interrupt-lost", 0,
		"a channel's interrupt does not reach the guest" },
	[FAULT_CLOSE_WAITS] = { "close-waits", 0,
		"a close, and UNLOAD, ends when the channel's requests have ended" },
	[FAULT_RESET_NOOP] = { "reset-noop", 0,
		"a reset is answered at once and aborts nothing" },
	[FAULT_RESCIND_FIRST] = { "rescind-first", 0,
		"a rescind is told before the channel's requests have ended" },
	[FAULT_LENGTH_KEPT] = { "length-kept", 0,
		"a request that fails still says the length that was asked for" },
	[FAULT_SENSE_ROOM] = { "sense-room", HVG_STOR_SENSE_WIN8,
		"sense data says value bytes, whatever the room for it" },
	[FAULT_RING_UNREAD] = { "ring-unread", 1000,
		"a channel's packets stay in its ring for value ms" },
	[FAULT_VERSION_BRIEF] = { "version-brief", 9,
		"hosts below 2.4: the answer to the version has value bytes" },
	[FAULT_SENSE_LENGTH] = { "sense-length", 255,
		"CHECK CONDITION that claims value bytes of sense data" },
	[FAULT_TRANSFER_LENGTH] = { "transfer-length", 1 << 20,
		"value bytes more than asked for are said to be moved" },
	[FAULT_COMPLETION_SHORT] = { "completion-short", 8,
		"a completion of value bytes" },
	[FAULT_COMPLETION_UNKNOWN] = { "completion-unknown", 0,
		"a completion of a request that never was, before the true one" },
	[FAULT_COMPLETION_AGAIN] = { "completion-again", 0,
		"a completion comes twice" },
	[FAULT_COMPLETION_CHANNEL] = { "completion-channel", 0,
		"a completion comes on another channel of its controller" },
	[FAULT_COMPLETION_FOREIGN] = { "completion-foreign", 0,
		"a completion comes to another controller, too" },
	[FAULT_NOTIFICATION] = { "notification", 99,
		"an in-band packet of operation value" },
	[FAULT_TRANSFER_LIMIT] = { "transfer-limit", 512,
		"the storage properties allow value bytes a transfer" },
	[FAULT_SUBCHANNEL_COUNT] = { "subchannel-count", 65535,
		"the storage properties promise value sub-channels" },
	[FAULT_SUBCHANNEL_MORE] = { "subchannel-more", 5,
		"value sub-channels more than asked for are offered" },
	[FAULT_SUBCHANNEL_NONE] = { "subchannel-none", 0,
		"no sub-channel is offered, though granted" },
	[FAULT_START_SILENT] = { "start-silent", 0,
		"the storage properties are not answered" },
	[FAULT_PACKET_SHORT] = { "packet-short", 1,
		"a packet says that it has value times 8 bytes" },
	[FAULT_PACKET_LONG] = { "packet-long", 0xffff,
		"a packet says that it has value times 8 bytes" },
	[FAULT_PACKET_OFFSET] = { "packet-offset", 0,
		"a packet's payload begins at value times 8, inside its head" },
	[FAULT_PACKET_OFFSET_LONG] = { "packet-offset-long", 0xffff,
		"a packet's payload begins at value times 8, behind its end" },
	[FAULT_PACKET_TYPE] = { "packet-type", 0x55,
		"a packet of type value" },
	[FAULT_PACKET_TRAILER] = { "packet-trailer", 0xfffffff0,
		"a trailer says that its packet began at value" },
	[FAULT_WRITE_INDEX] = { "write-index", 8,
		"from now on the write index is value bytes beyond the ring" },
	[FAULT_WRITE_INDEX_ODD] = { "write-index-odd", 4,
		"from now on the write index is off by value bytes" },
	[FAULT_WRITE_INDEX_BACK] = { "write-index-back", 64,
		"the write index goes back by value bytes and stays" },
	[FAULT_READ_INDEX] = { "read-index", 8,
		"from now on the read index is value bytes beyond the ring" },
	[FAULT_READ_INDEX_BACK] = { "read-index-back", 64,
		"the read index goes back by value bytes and stays" },
	[FAULT_VERSION_SILENT] = { "version-silent", 0,
		"no answer to the version" },
	[FAULT_VERSION_TWICE] = { "version-twice", 0,
		"two answers to the version" },
	[FAULT_OFFER_EARLY] = { "offer-early", 0,
		"a device is offered, under another id, before the version is answered" },
	[FAULT_OFFERS_SILENT] = { "offers-silent", 0,
		"the end of the offers is not told" },
	[FAULT_OPEN_SILENT] = { "open-silent", 0,
		"a channel is opened without an answer" },
	[FAULT_OPEN_TWICE] = { "open-twice", 0,
		"an open is answered twice" },
	[FAULT_OPEN_ID] = { "open-id", 0x1000,
		"the answer to an open has another open id, by value" },
	[FAULT_OPEN_CHANNEL] = { "open-channel", 0x400,
		"the answer to an open is for another channel, by value" },
	[FAULT_GPADL_SILENT] = { "gpadl-silent", 0,
		"a GPADL is created without an answer" },
	[FAULT_GPADL_HANDLE] = { "gpadl-handle", 0x1000,
		"the answer to a GPADL has another handle, by value" },
	[FAULT_GPADL_CHANNEL] = { "gpadl-channel", 0x400,
		"the answer to a GPADL is for another channel, by value" },
	[FAULT_TORNDOWN_SILENT] = { "torndown-silent", 0,
		"a GPADL is torn down without an answer" },
	[FAULT_TORNDOWN_HANDLE] = { "torndown-handle", 0x1000,
		"another GPADL is said to be torn down, by value" },
	[FAULT_UNLOAD_SILENT] = { "unload-silent", 0,
		"no answer to UNLOAD" },
	[FAULT_TRUNCATED] = { "truncated", 10,
		"a control message ends after value bytes" },
	[FAULT_OFFER_DUPLICATE] = { "offer-duplicate", 0,
		"a device is offered again under another id" },
	[FAULT_OFFER_SAME_ID] = { "offer-same-id", 0,
		"another device is offered under an id in use" },
	[FAULT_OFFER_RANGE] = { "offer-range", 0,
		"devices are offered under ids out of range" },
	[FAULT_OFFER_STORM] = { "offer-storm", 200,
		"value devices that nobody knows are offered and rescinded" },
	[FAULT_RESCIND_NOTHING] = { "rescind-nothing", 0,
		"channels that were never offered are rescinded" },
	[FAULT_RESCIND_OPEN] = { "rescind-open", 0,
		"a device goes and comes back instead of being opened" },
	[FAULT_RESCIND_GPADL] = { "rescind-gpadl", 0,
		"a device goes and comes back amid its first GPADL" },
	[FAULT_MESSAGE_UNKNOWN] = { "message-unknown", 0,
		"control messages of types that no guest gets" },
	[FAULT_SLOT_SIZE] = { "slot-size", 255,
		"a message's slot says that it has value bytes" },
	[FAULT_SLOT_SCRIBBLE] = { "slot-scribble", 0,
		"the slot of messages is filled with ones before a message" },
	[FAULT_MESSAGE_BYTES] = { "message-bytes", 1,
		"bytes of a control message are overwritten, by value", 32 },
	[FAULT_SLOT_BYTES] = { "slot-bytes", 1,
		"bytes of the head of a message's slot are overwritten", 32 },
	[FAULT_HEAD_BYTES] = { "head-bytes", 1,
		"bytes of a packet's descriptor or trailer are overwritten",
		512 },
	[FAULT_PACKET_BYTES] = { "packet-bytes", 1,
		"bytes of a packet's payload are overwritten", 64 },
	[FAULT_PROTOCOL_BYTES] = { "protocol-bytes", 1,
		"bytes of a storage answer that ends no SCSI command are overwritten",
		32 },
	[FAULT_DATA_BYTES] = { "data-bytes", 1,
		"bytes of what a SCSI command other than READ returns are overwritten",
		16 },
	[FAULT_CONTROL_BYTES] = { "control-bytes", 1,
		"the host's words on a ring's control page are wrong, until it writes them again",
		512 },
	[FAULT_EVENT_FLAG] = { "event-flag", 0,
		"event flag value % 65536 is set on VP value / 65536, too",
		32 },
	[FAULT_RANDOM] = { "random", 1,
		"hostile faults at random, for ever; value is the seed" },
};

/* The first that no honest host commits. */
#define FIRST_HOSTILE	FAULT_SENSE_LENGTH
/* One occasion in so many. */
#define RANDOM_ODDS	400

#define SERIAL_MAX	32
#define ARM_CALLBACKS	4

/*
 * struct fault_state - what is known of a fault at run time
 * @after: occasions that pass before it fires
 * @left: how often it still fires, if it is not for ever
 * @disk, @cdb, @channel: only there; "", -1, 0: everywhere
 * @fired: since the start
 * @told: the record has that it fired since it was armed
 * @random: of "random" for this fault, so that what else happens does not
 *	change when it fires
 */
struct fault_state {
	bool armed;
	bool for_ever;
	bool told;
	uint64_t after;
	uint64_t left;
	uint32_t value;
	char disk[SERIAL_MAX];
	int cdb;
	uint32_t channel;
	uint64_t fired;
	uint64_t random;
};

static struct fault_state states[FAULT_COUNT];
static uint32_t seed = 1;
static void (*arm_callbacks[ARM_CALLBACKS])(void);
static unsigned int arm_callback_count;

void fault_on_arm(void (*fn)(void))
{
	unsigned int i;

	for (i = 0; i < arm_callback_count; i++)
		if (arm_callbacks[i] == fn)
			return;
	if (arm_callback_count == ARM_CALLBACKS)
		abort();
	arm_callbacks[arm_callback_count++] = fn;
}

const char *fault_name(enum fault fault)
{
	return kinds[fault].name;
}

uint32_t fault_value(enum fault fault)
{
	return states[fault].value;
}

static bool place_matches(const struct fault_state *s,
			  struct fault_place place)
{
	if (s->disk[0] && (!place.disk || strcmp(s->disk, place.disk)))
		return false;
	if (s->cdb >= 0 && (!place.cdb || place.cdb[0] != s->cdb))
		return false;
	return !s->channel || s->channel == place.channel;
}

void fault_seed(uint32_t value)
{
	seed = value;
}

/* splitmix64 */
uint32_t fault_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (z ^ z >> 31) >> 32;
}

/*
 * By name, so that a seed stays what it was when faults are added: the same
 * seed and the same occasions of a fault make the same of it.
 */
static void random_begin(uint32_t value)
{
	const char *p;
	int f;

	for (f = 0; f < FAULT_COUNT; f++) {
		states[f].random = value;
		for (p = kinds[f].name; *p; p++)
			states[f].random = (states[f].random ^ (uint8_t)*p) *
					   0x100000001b3ull;
	}
}

/* Half of those that have a number of their own with that, else any. */
static uint32_t random_value(enum fault fault)
{
	uint64_t *random = &states[fault].random;

	if (kinds[fault].odds)
		return fault_random(random);
	return fault_random(random) % 2 ? kinds[fault].value :
					  fault_random(random) & 0xffff;
}

static bool random_fires(enum fault fault)
{
	struct fault_state *all = &states[FAULT_RANDOM];
	struct fault_state *s = &states[fault];
	unsigned int odds = kinds[fault].odds ? : RANDOM_ODDS;

	if (!all->armed || fault < FIRST_HOSTILE ||
	    fault_random(&s->random) % odds)
		return false;
	if (!all->for_ever && !--all->left)
		all->armed = false;
	all->fired++;
	s->fired++;
	s->value = random_value(fault);
	record_event("fault", json_pack("{s:s, s:I}", "name",
					kinds[fault].name, "value",
					(json_int_t)s->value));
	return true;
}

bool fault_fires(enum fault fault, struct fault_place place)
{
	struct fault_state *s = &states[fault];

	if (!s->armed)
		return !place.spared && random_fires(fault);
	if (!place_matches(s, place))
		return false;
	if (s->after) {
		s->after--;
		return false;
	}
	if (!s->for_ever && !--s->left)
		s->armed = false;
	s->fired++;
	/* A fault that is for ever would fill the record. */
	if (!s->told)
		record_event("fault", json_pack("{s:s}", "name",
						kinds[fault].name));
	s->told = true;
	return true;
}

static int fault_find(const char *name)
{
	int f;

	for (f = 0; f < FAULT_COUNT; f++)
		if (!strcmp(kinds[f].name, name))
			return f;
	return -1;
}

void fault_print(void)
{
	int f;

	for (f = 0; f < FAULT_COUNT; f++)
		printf("%-20s %s\n", kinds[f].name, kinds[f].help);
}

/* An optional number of @request; -1: it is none. */
static int number(const json_t *request, const char *key, uint64_t max,
		  uint64_t *value, char **error)
{
	const json_t *n = json_object_get(request, key);

	if (!n)
		return 0;
	if (!json_is_integer(n) || json_integer_value(n) < 0 ||
	    (uint64_t)json_integer_value(n) > max) {
		control_error(error, "%s: expected a number up to %llu", key,
			      (unsigned long long)max);
		return -1;
	}
	*value = json_integer_value(n);
	return 1;
}

static bool keys_known(const json_t *request, char **error)
{
	static const char *const keys[] = {
		"cmd", "id", "name", "count", "after", "value", "disk", "cdb",
		"channel",
	};
	const unsigned int count = sizeof(keys) / sizeof(keys[0]);
	const char *key;
	json_t *value;
	unsigned int i;

	json_object_foreach((json_t *)request, key, value) {
		for (i = 0; i < count && strcmp(keys[i], key); i++)
			;
		if (i == count) {
			control_error(error, "%s: expected count, after, value, disk, cdb or channel",
				      key);
			return false;
		}
	}
	return true;
}

/* Arm one fault as @request says; false and an error line. */
static bool arm(const json_t *request, char **error)
{
	const char *name = json_string_value(json_object_get(request, "name"));
	const char *disk = json_string_value(json_object_get(request, "disk"));
	uint64_t count, after = 0, value, cdb = 0, channel = 0;
	int f = name ? fault_find(name) : -1, has_cdb;
	struct fault_state *s = &states[f < 0 ? 0 : f];

	if (f < 0) {
		control_error(error, "unknown fault '%s': --list-faults and the command fault-list show all",
			      name ? name : "");
		return false;
	}
	if (!keys_known(request, error))
		return false;
	if (disk && strlen(disk) >= SERIAL_MAX) {
		control_error(error, "disk: expected a serial number of up to %d characters",
			      SERIAL_MAX - 1);
		return false;
	}
	value = f == FAULT_RANDOM ? seed : kinds[f].value;
	count = f != FAULT_RANDOM;
	has_cdb = number(request, "cdb", 0xff, &cdb, error);
	if (has_cdb < 0 ||
	    number(request, "count", UINT32_MAX, &count, error) < 0 ||
	    number(request, "after", UINT32_MAX, &after, error) < 0 ||
	    number(request, "value", UINT32_MAX, &value, error) < 0 ||
	    number(request, "channel", UINT32_MAX, &channel, error) < 0)
		return false;
	*s = (struct fault_state){
		.armed = true, .for_ever = !count, .left = count,
		.after = after, .value = value, .cdb = has_cdb ? (int)cdb : -1,
		.channel = channel, .fired = s->fired, .random = s->random,
	};
	snprintf(s->disk, sizeof(s->disk), "%s", disk ? disk : "");
	if (f == FAULT_RANDOM)
		random_begin(value);
	for (unsigned int i = 0; i < arm_callback_count; i++)
		arm_callbacks[i]();
	return true;
}

/* Faults that are armed or have fired. */
static json_t *report(void)
{
	json_t *list = json_array(), *o;
	const struct fault_state *s;
	int f;

	for (f = 0; f < FAULT_COUNT; f++) {
		s = &states[f];
		if (!s->armed && !s->fired)
			continue;
		o = json_pack("{s:s, s:b, s:I}", "name", kinds[f].name,
			      "armed", (int)s->armed, "fired",
			      (json_int_t)s->fired);
		if (s->armed && !s->for_ever)
			json_object_set_new(o, "left", json_integer(s->left));
		json_array_append_new(list, o);
	}
	return json_pack("{s:o}", "faults", list);
}

static json_t *cmd_fault(const json_t *request, char **error)
{
	int f;

	if (json_is_true(json_object_get(request, "off")))
		for (f = 0; f < FAULT_COUNT; f++)
			states[f].armed = false;
	else if (json_object_get(request, "name") && !arm(request, error))
		return NULL;
	return report();
}

static json_t *cmd_fault_list(const json_t *request, char **error)
{
	json_t *list = json_array();
	int f;

	(void)request;
	(void)error;
	for (f = 0; f < FAULT_COUNT; f++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b}",
						      "name", kinds[f].name,
						      "help", kinds[f].help,
						      "bytes",
						      kinds[f].odds != 0));
	return json_pack("{s:o}", "faults", list);
}

static json_t *stats_faults(void)
{
	json_t *o = json_object();
	int f;

	for (f = 0; f < FAULT_COUNT; f++)
		if (states[f].fired)
			json_object_set_new(o, kinds[f].name,
					    json_integer(states[f].fired));
	return o;
}

/* NAME[,KEY=VALUE]... as the control command has it; NULL: no such form. */
static json_t *parse(const char *spec)
{
	json_t *request = json_object();
	char *copy = strdup(spec), *save = NULL, *word, *value, *end;
	unsigned long n;

	word = strtok_r(copy, ",", &save);
	json_object_set_new(request, "name", json_string(word ? word : ""));
	while (request && (word = strtok_r(NULL, ",", &save))) {
		value = strchr(word, '=');
		if (!value) {
			json_decref(request);
			request = NULL;
			break;
		}
		*value++ = '\0';
		n = strtoul(value, &end, 0);
		json_object_set_new(request, word,
				    *value && !*end && strcmp(word, "disk") ?
				    json_integer(n) : json_string(value));
	}
	free(copy);
	return request;
}

int fault_init(const char *spec)
{
	char *error = NULL;
	json_t *request;
	bool armed;

	memset(states, 0, sizeof(states));
	control_register("fault",
			 "name, count (0: for ever), after, value, disk (serial), cdb (opcode), channel; or off",
			 "arm a named fault, or disarm all; tells what is armed and fired",
			 cmd_fault);
	control_register("fault-list", "", "what each fault does",
			 cmd_fault_list);
	control_register_part("stats", "faults", stats_faults);
	if (!spec)
		return 0;
	request = parse(spec);
	if (!request)
		return complain("--fault %s: expected NAME[,KEY=VALUE]...",
				spec);
	armed = arm(request, &error);
	json_decref(request);
	if (!armed)
		complain("--fault %s: %s", spec, error);
	free(error);
	return armed ? 0 : -1;
}
