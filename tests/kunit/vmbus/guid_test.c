// SPDX-License-Identifier: GPL-2.0-only
/* GUIDs: their text, the modalias, new_id and remove_id, and matching. */
#include <kunit/test.h>
#include <linux/string.h>
#include <hvg/guids.h>
#include "bus.h"
#include "dynid.h"
#include "fake_host.h"
#include "memory.h"
#include "suites.h"

#define TEXT	"ba6163d9-04a1-4d29-b605-72e2ffb1dc7f"

static const struct hvg_guid scsi = HVG_GUID_SCSI;
static const struct hvg_guid ide = HVG_GUID_IDE;
static unsigned int probes;

static int guid_probe(struct hvg_device *hdev,
		      const struct hv_vmbus_device_id *id)
{
	probes++;
	return memcmp(&id->guid, &hdev->interface, 16) ? -EINVAL : 0;
}

static void guid_remove(struct hvg_device *hdev)
{
}

static struct hvg_driver driver = {
	.name = "hvg-kunit",
	.probe = guid_probe,
	.remove = guid_remove,
};

static int guid_init(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, fake_host_connect(HVG_VERSION_IRON));
	KUNIT_ASSERT_EQ(test, 0, __hvg_driver_register(&driver, NULL, NULL));
	probes = 0;
	return 0;
}

static void guid_exit(struct kunit *test)
{
	hvg_driver_unregister(&driver);
	fake_host_disconnect();
}

static ssize_t store(unsigned int number, const char *text, size_t bytes)
{
	struct driver_attribute *attr =
		container_of(dynid_groups[0]->attrs[number],
			     struct driver_attribute, attr);

	return attr->store(&driver.driver, text, bytes);
}

static ssize_t new_id(const char *text)
{
	return store(0, text, strlen(text));
}

static ssize_t remove_id(const char *text)
{
	return store(1, text, strlen(text));
}

static void guid_text(struct kunit *test)
{
	static const struct hvg_guid zero;
	char text[GUID_TEXT_BYTES];

	bus_guid_text(text, &scsi);
	KUNIT_EXPECT_STREQ(test, text, TEXT);
	bus_guid_text(text, &zero);
	KUNIT_EXPECT_STREQ(test, text, "00000000-0000-0000-0000-000000000000");
}

static void guid_modalias(struct kunit *test)
{
	char text[MODALIAS_BYTES];

	bus_modalias(text, &scsi);
	KUNIT_EXPECT_STREQ(test, text,
			   "vmbus:d96361baa104294db60572e2ffb1dc7f");
	KUNIT_EXPECT_EQ(test, MODALIAS_BYTES - 1, strlen(text));
	KUNIT_EXPECT_STREQ(test, text, HVG_ALIAS_SCSI);
	bus_modalias(text, &ide);
	KUNIT_EXPECT_STREQ(test, text, HVG_ALIAS_IDE);
}

static void guid_new_id(struct kunit *test)
{
	struct hv_vmbus_device_id id;

	KUNIT_EXPECT_FALSE(test, dynid_match(&driver, &scsi, NULL));
	KUNIT_EXPECT_EQ(test, strlen(TEXT), new_id(TEXT));
	KUNIT_EXPECT_TRUE(test, dynid_match(&driver, &scsi, &id));
	KUNIT_EXPECT_EQ(test, 0, memcmp(&id.guid, &scsi, 16));
	KUNIT_EXPECT_FALSE(test, dynid_match(&driver, &ide, NULL));
	KUNIT_EXPECT_EQ(test, -EEXIST, new_id(TEXT));
	KUNIT_EXPECT_EQ(test, -EEXIST, new_id(TEXT "\n"));
	KUNIT_EXPECT_EQ(test, -EEXIST,
			new_id("BA6163D9-04A1-4D29-B605-72E2FFB1DC7F"));
	KUNIT_EXPECT_EQ(test, -EEXIST,
			new_id("ba6163d904a14d29b60572e2ffb1dc7f"));
	KUNIT_EXPECT_EQ(test, strlen(TEXT) + 1, remove_id(TEXT "\n"));
	KUNIT_EXPECT_EQ(test, -ENODEV, remove_id(TEXT));
	KUNIT_EXPECT_FALSE(test, dynid_match(&driver, &scsi, NULL));
	/* One that stays is the unregistering's to free. */
	KUNIT_EXPECT_EQ(test, strlen(TEXT), new_id(TEXT));
}

static void guid_bad_id(struct kunit *test)
{
	static const char *const texts[] = {
		"", "\n", "-", "ba6163d9", "zz6163d904a14d29b60572e2ffb1dc7f",
		"ba6163d904a14d29b60572e2ffb1dc7",
		"ba6163d904a14d29b60572e2ffb1dc7f0",
		"ba6163d904a14d29b60572e2ffb1dc7f00",
		"{" TEXT "}", TEXT " ", " " TEXT, TEXT " 1",
	};
	unsigned int i, bytes;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, new_id(texts[i]), "'%s'",
				    texts[i]);
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL, remove_id(texts[i]), "'%s'",
				    texts[i]);
	}
	/* Cut at each place; what is behind the end must not count. */
	for (bytes = 0; bytes < strlen(TEXT); bytes++)
		KUNIT_EXPECT_EQ(test, -EINVAL, store(0, TEXT, bytes));
}

static void guid_no_memory(struct kunit *test)
{
	memory_refuse("new_id_store", 1);
	KUNIT_EXPECT_EQ(test, -ENOMEM, new_id(TEXT));
	KUNIT_EXPECT_TRUE(test, memory_refused());
	KUNIT_EXPECT_FALSE(test, dynid_match(&driver, &scsi, NULL));
	KUNIT_EXPECT_EQ(test, strlen(TEXT), new_id(TEXT));
}

static void guid_probe_by_id(struct kunit *test)
{
	fake_host_offer(9, 0, &scsi);
	KUNIT_EXPECT_EQ(test, 0, probes);
	KUNIT_EXPECT_GT(test, new_id(TEXT), 0);
	KUNIT_EXPECT_EQ(test, 1, probes);
}

static struct kunit_case guid_cases[] = {
	KUNIT_CASE(guid_text),
	KUNIT_CASE(guid_modalias),
	KUNIT_CASE(guid_new_id),
	KUNIT_CASE(guid_bad_id),
	KUNIT_CASE(guid_no_memory),
	KUNIT_CASE(guid_probe_by_id),
	{}
};

struct kunit_suite guid_suite = {
	.name = "hvg_guid",
	.init = guid_init,
	.exit = guid_exit,
	.test_cases = guid_cases,
};
