/* --drive: its grammar and what is not a disk. */
#include "tests/unit/block_bench.h"

TestSuite(block_spec, .init = enter_folder, .fini = leave_folder);

Test(block_spec, is_parsed)
{
	struct block_spec s;
	cr_assert(block_spec_parse("file=a.img", &s, why, sizeof why));
	cr_expect_str_eq(s.file, "a.img");
	cr_expect_not(s.readonly || s.raw || s.overlay_memory || s.overlay);
	block_spec_free(&s);
	cr_assert(block_spec_parse("readonly=on,format=raw,file=a=b", &s, why, sizeof why));
	cr_expect_str_eq(s.file, "a=b");
	cr_expect(s.readonly && s.raw);
	block_spec_free(&s);
	cr_assert(block_spec_parse("file=a,,b,,,,c,overlay=x,,", &s, why, sizeof why));
	cr_expect_str_eq(s.file, "a,b,,c");
	cr_expect_str_eq(s.overlay, "x,");
	block_spec_free(&s);
	cr_assert(block_spec_parse("file=a,overlay=memory", &s, why, sizeof why));
	cr_expect(s.overlay_memory && !s.overlay);
	block_spec_free(&s);
	cr_assert(block_spec_parse("file=a,snapshot=on,readonly=off", &s, why, sizeof why));
	cr_expect(s.overlay_memory && !s.readonly);
	block_spec_free(&s);
}

Test(block_spec, mistakes_are_named)
{
	static const char *const bad[][2] = {
	    {"", "no file"},
	    {"readonly=on", "no file"},
	    {"disk.img", "file=disk.img"},
	    {"file=", "no value"},
	    {"file=a,file=b", "twice"},
	    {"file=a,overlay=", "no value"},
	    {"file=a,overlay=b,overlay=c", "twice"},
	    {"file=a,overlay=b,overlay=memory", "two overlays"},
	    {"file=a,readonly=yes", "readonly=on or readonly=off"},
	    {"file=a,readonly", "KEY=VALUE"},
	    {"file=a,readonly=on,overlay=b", "exclude each other"},
	    {"file=a,format=qcow2", "qemu-img convert"},
	    {"file=a,cache=none", "unknown key 'cache'"},
	    {"file=a,,", "No such file"},
	    {",file=a", "KEY=VALUE"},
	};
	for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
		expect_refused(bad[i][0], i == 13 ? STATUS_MEDIA : STATUS_USAGE, bad[i][1]);
}

Test(block_spec, what_is_no_disk_is_refused)
{
	static const char long_text[600] = "QFI\xfb and then some";
	static const char gzip_start[512] = "\x1f\x8b\x08";
	expect_refused("file=base", STATUS_MEDIA, "No such file");
	cr_assert_eq(mkdir("dir", 0777), 0);
	expect_refused("file=dir", STATUS_MEDIA, "directory");
	expect_refused("file=dir,readonly=on", STATUS_MEDIA, "not a file");
	cr_assert_eq(mkfifo("other", 0666), 0);
	expect_refused("file=other,readonly=on", STATUS_MEDIA, "not a file");
	expect_refused("file=other", STATUS_MEDIA, "not a file");
	expect_refused("file=/dev/null", STATUS_MEDIA, "not a file");
	make_file("base", "", 0);
	expect_refused("file=base", STATUS_MEDIA, "empty");
	make_file("base", long_text, 600);
	expect_refused("file=base", STATUS_MEDIA, "600 bytes");
	make_file("base", long_text, 512);
	expect_refused("file=base", STATUS_MEDIA, "qcow2");
	block_close(must_open("file=base,format=raw"));
	make_file("base", gzip_start, 512);
	expect_refused("file=base", STATUS_MEDIA, "gunzip");
}

Test(block_spec, names_with_commas_work)
{
	make_image("a,b", 1024);
	block_close(must_open("file=a,,b"));
}
