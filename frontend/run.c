/* myna run: from options to a machine, its run, and what is said about it at the end. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "frontend/archive.h"
#include "frontend/battery.h"
#include "frontend/block.h"
#include "frontend/commands.h"
#include "frontend/crash.h"
#include "frontend/detect.h"
#include "frontend/media.h"
#include "frontend/patch.h"
#include "frontend/run_window.h"
#include "frontend/session.h"
#include "frontend/saved_state.h"
#include "frontend/translation.h"
#include "machine/boards/boards.h"
#include "machine/snapshot.h"

#define RTC_DEFAULT      UINT64_C(1704067200) /* 2024-01-01T00:00:00Z: any fixed day will do */
#define GUEST_STATUS_MAX 63
#define BUILT_IN_ROM     "myna-demo" /* what the save of a console's own cartridge is called */

/* Everything a run holds, released by run_free(). */
struct run {
	const struct options *o;
	struct options detected; /* what became of them when they named a file, but no machine */
	const struct board *board;
	struct board_config config;
	struct media kernel, initrd, dtb, firmware, rom;
	struct battery battery;
	struct session session;
	uint64_t began; /* host clock at the start of the process's work */
	struct translation translation;
	struct run_window window;
	char why[1024];
};

/* `myna FILE`, `myna run FILE`. */
static enum status run_detect(struct run *r)
{
	const struct options *o = r->o;
	enum status status;

	if (o->operand_count != 1 || o->machine || board_find(o->operands[0]) ||
	    !names_file(o->operands[0]))
		return STATUS_OK;
	r->detected = *o;
	r->o = &r->detected;
	status = detect_machine(&r->detected, r->why, sizeof(r->why));
	return status ? complain(status, "%s", r->why) : STATUS_OK;
}

static enum status run_board(struct run *r)
{
	const struct options *o = r->o;
	const char *name = o->operand_count ? o->operands[0] : o->machine;
	struct suggestion near;
	char word[64], guess[80];
	const char *comma;

	if (o->operand_count > 2)
		return complain(
		    STATUS_USAGE, "run: '%.60s' is one operand too many", o->operands[2]);
	if (!name)
		return complain(STATUS_USAGE,
		    "run: which machine? For example 'myna run virt --kernel "
		    "FILE'; see 'myna list machines'");
	comma = strchrnul(name, ',');
	snprintf(word, sizeof(word), "%.*s", (int)(comma - name < 60 ? comma - name : 60), name);
	r->board = board_find(word);
	near = suggestion_for(word);
	for (const struct board *b = boards; b->name; b++)
		suggestion_offer(&near, b->name);
	if (!r->board)
		return complain(STATUS_USAGE, "unknown machine '%s'%s%s", word,
		    suggestion_text(&near, guess, sizeof(guess)),
		    near.best[0] ? "" : "; see 'myna list machines'");
	r->config.gic_version = (unsigned)o->gic_version;
	if (o->operand_count > 1 && !r->board->rom_suffixes)
		return complain(STATUS_USAGE,
		    "run: '%.60s' is one operand too many; files are given with "
		    "options, such as --kernel FILE",
		    o->operands[1]);
	if (!*comma)
		return STATUS_OK;
	/* QEMU's -M virt,gic-version=3. */
	if (!strncmp(comma, ",gic-version=", 13) && strlen(comma) == 14 &&
	    (comma[13] == '2' || comma[13] == '3')) {
		r->config.gic_version = (unsigned)(comma[13] - '0');
		return STATUS_OK;
	}
	return complain(STATUS_USAGE,
	    "machine %s has no property '%.60s'; gic-version=2 and "
	    "gic-version=3 are known",
	    word, comma + 1);
}

static enum status run_rtc(struct run *r)
{
	const char *text = r->o->rtc_time;
	struct tm tm = {0};
	const char *end;

	r->config.rtc_epoch = RTC_DEFAULT;
	if (!text)
		return STATUS_OK;
	if (!strcmp(text, "now")) {
		r->config.rtc_epoch = (uint64_t)time(NULL);
		return STATUS_OK;
	}
	if (text[strspn(text, "0123456789")] == 0 && text[0])
		return parse_number(text, "--rtc-time", 0, UINT32_MAX, &r->config.rtc_epoch, r->why,
			   sizeof(r->why))
			   ? STATUS_OK
			   : complain(STATUS_USAGE, "%s", r->why);
	end = strptime(text, "%Y-%m-%d", &tm);
	if (end && *end == 'T')
		end = strptime(end, "T%H:%M:%S", &tm);
	if (end && *end == 'Z')
		end++;
	/* The clock's counter has 32 bits (PL031). */
	if (!end || *end || timegm(&tm) < 0 || timegm(&tm) > UINT32_MAX)
		return complain(STATUS_USAGE,
		    "--rtc-time %.60s: write seconds since 1970, "
		    "2024-01-31T12:00:00 or now",
		    text);
	r->config.rtc_epoch = (uint64_t)timegm(&tm);
	return STATUS_OK;
}

/* Checks that need no file. */
static enum status run_check(struct run *r)
{
	const struct options *o = r->o;
	const char *serial = o->serial ? o->serial : "stdio";
	enum status status;

	if (o->console && !strcmp(o->console, "stdio") && !strcmp(serial, "stdio"))
		return complain(STATUS_USAGE,
		    "--console stdio: the serial port is there already; add "
		    "--serial null or file:F");
	if (o->memory % (UINT64_C(1) << 20))
		return complain(STATUS_USAGE, "--memory: give a multiple of 1M");
	if (o->patch && o->operand_count < 2)
		return complain(STATUS_USAGE, "--patch: there is no cartridge to patch");
	if (o->drives.count > sizeof(r->config.drives) / sizeof(r->config.drives[0]))
		return complain(STATUS_USAGE, "--drive: at most %zu of them",
		    sizeof(r->config.drives) / sizeof(r->config.drives[0]));
	if (o->save_state) {
		status = saved_state_check(o->save_state, r->why, sizeof(r->why));
		if (status)
			return complain(status, "%s", r->why);
	}
	r->config.memory = o->memory;
	r->config.smp = (unsigned)o->smp;
	r->config.seed = o->seed;
	r->config.screen = o->screen;
	status = translation_open(&r->translation, o, &r->config.engine);
	if (status)
		return status;
	r->config.append = o->append;
	return run_rtc(r);
}

#define CARTRIDGE_MAX (UINT64_C(32) << 20)

/* The patch of --patch, or the one that lies beside the cartridge. */
static enum status run_patch(struct run *r, const char *path)
{
	const struct options *o = r->o;
	char *found = NULL;
	enum status status = STATUS_OK;
	size_t n;

	if (o->patch)
		return patch_apply_file(
		    &r->rom, o->patch, "--patch", CARTRIDGE_MAX, r->why, sizeof(r->why));
	if (!o->no_patch)
		status = patch_beside(&found, path, r->why, sizeof(r->why));
	if (!found)
		return status;
	status = patch_apply_file(&r->rom, found, "patch", CARTRIDGE_MAX, r->why, sizeof(r->why));
	n = strlen(r->why);
	if (status)
		snprintf(r->why + n, sizeof(r->why) - n, "; --no-patch runs without it");
	else if (!o->quiet)
		fprintf(stderr, "myna: patched with %s; --no-patch runs without it\n", found);
	free(found);
	return status;
}

static enum status run_read_cartridge(struct run *r, const char *path)
{
	static const char in_cartridge[] = "what the console reaches of a cartridge";
	enum status status = archive_read_media(&r->rom, path, "run", r->board->rom_suffixes,
	    CARTRIDGE_MAX, in_cartridge, r->why, sizeof(r->why));

	return status ? status : run_patch(r, path);
}

static enum status run_read_media(struct run *r)
{
	static const char in_memory[] = "the machine's memory; raise --memory";
	static const char in_flash[] = "the machine's flash; give the firmware's flash image";
	const struct options *o = r->o;
	enum status status = STATUS_OK;
	size_t n = sizeof(r->why);

	if (o->kernel)
		status = media_read_kernel(&r->kernel, o->kernel, o->memory, r->why, n);
	if (o->initrd && !status)
		status =
		    media_read(&r->initrd, o->initrd, "--initrd", o->memory, in_memory, r->why, n);
	if (o->dtb && !status)
		status = media_read_dtb(&r->dtb, o->dtb, r->why, n);
	if (o->firmware && !status)
		status = media_read(&r->firmware, o->firmware, "--firmware", UINT64_C(64) << 20,
		    in_flash, r->why, n);
	if (o->operand_count > 1 && !status)
		status = run_read_cartridge(r, o->operands[1]);
	if (r->board->rom_suffixes && !status)
		status = battery_open(&r->battery, o->sav,
		    o->operand_count > 1 ? o->operands[1] : BUILT_IN_ROM, o->headless, r->why, n);
	if (status)
		return complain(status, "%s", r->why);
	r->config.rom = r->rom.bytes;
	r->config.rom_size = r->rom.size;
	r->config.backup = r->battery.contents.bytes;
	r->config.backup_size = r->battery.contents.size;
	r->config.kernel = r->kernel.bytes;
	r->config.kernel_size = r->kernel.size;
	r->config.initrd = r->initrd.bytes;
	r->config.initrd_size = r->initrd.size;
	r->config.dtb = r->dtb.bytes;
	r->config.dtb_size = r->dtb.size;
	r->config.firmware = r->firmware.bytes;
	r->config.firmware_size = r->firmware.size;
	return STATUS_OK;
}

static void say_line(void *owner, const char *text)
{
	(void)owner;
	fprintf(stderr, "myna: %s\n", text);
}

static void say_guest(void *owner, const char *text)
{
	(void)owner;
	fprintf(stderr, "myna: guest: %s\n", text);
}

static enum status run_open_drives(struct run *r)
{
	struct block_log log = {r->o->quiet ? NULL : say_line, NULL};

	for (unsigned i = 0; i < r->o->drives.count; i++) {
		enum status status = block_open(
		    r->o->drives.items[i], log, &r->config.drives[i], r->why, sizeof(r->why));

		if (status)
			return complain(status, "%s", r->why);
		r->config.drive_count = i + 1;
	}
	return STATUS_OK;
}

static enum status run_build(struct run *r)
{
	const struct options *o = r->o;
	struct machine *m = r->board->create(&r->config, r->why, sizeof(r->why));
	enum status status;

	if (!m)
		return complain(STATUS_USAGE, "%s", r->why);
	r->session.machine = m;
	if (virt_engine_refused(m) && !o->quiet)
		fprintf(stderr, "myna: warning: the interpreter runs instead of --engine %s: %s\n",
		    o->engine, virt_engine_refused(m));
	if (o->verbose)
		m->log.sink = say_guest;
	if (!o->load_state)
		return STATUS_OK;
	status = saved_state_read(m, o->load_state, r->why, sizeof(r->why));
	return status ? complain(status, "%s", r->why) : STATUS_OK;
}

static enum status run_open_ports(struct run *r)
{
	const struct options *o = r->o;
	struct session *s = &r->session;
	const char *specs[SESSION_PORTS] = {
	    o->serial ? o->serial : "stdio", o->console ? o->console : "null"};
	static const char *const names[SESSION_PORTS] = {"--serial", "--console"};
	bool tty = isatty(STDIN_FILENO) && !o->headless;
	bool socket = false, terminal = false;

	for (unsigned i = 0; i < SESSION_PORTS; i++) {
		enum status status = serial_host_open(
		    &s->hosts[i], specs[i], names[i], !o->headless, r->why, sizeof(r->why));

		if (status)
			return complain(status, "%s", r->why);
		socket |= s->hosts[i].kind == SERIAL_UNIX;
		terminal |= s->hosts[i].kind == SERIAL_STDIO && tty;
	}
	s->pace = o->pace_given ? o->pace : terminal || (socket && !o->headless);
	if (terminal)
		s->interactive = terminal_raw();
	return STATUS_OK;
}

static enum status run_prepare(struct run *r)
{
	const struct options *o = r->o;
	struct session *s = &r->session;
	const struct machine *m = s->machine;
	enum status status = until_parse(&s->until, &o->untils, m->tick_hz, r->why, sizeof(r->why));

	if (o->frames && o->frames < s->until.frame)
		s->until.frame = o->frames;
	if (o->seconds && o->seconds * m->tick_hz < s->until.tick)
		s->until.tick = o->seconds * m->tick_hz;
	if (!status && s->until.frame != UINT64_MAX &&
	    (!m->screen_count || !m->screens[0]->frame_ticks))
		return complain(STATUS_USAGE, "--until frame, --frames: this machine's screen has "
					      "no fixed rate; give a time");
	if (!status)
		status = typist_parse(
		    &s->typist, &o->types, m->tick_hz, machine_now(m), r->why, sizeof(r->why));
	if (!status)
		status = shots_parse(&s->shots, &o->screenshots, m, r->why, sizeof(r->why));
	if (status)
		return complain(status, "%s", r->why);
	s->reboot = !o->no_reboot;
	s->progress = o->progress && !o->quiet;
	s->wall_limit = o->wall_timeout;
	if (!terminal_catch_signals())
		return complain(STATUS_TRY_AGAIN, "cannot catch signals: %s", strerror(errno));
	status = run_open_ports(r);
	if (!status && r->config.engine.kind == ENGINE_JIT && !crash_catch(s->machine))
		return complain(STATUS_TRY_AGAIN, "cannot catch crashes: %s", strerror(errno));
	return status;
}

/* What the end of the run means for the caller; says so where it is not what was hoped for. */
static enum status run_verdict(const struct run *r)
{
	const struct session *s = &r->session;
	const struct machine *m = s->machine;

	switch (s->end) {
	case END_POWER_OFF:
		if (!r->o->guest_exit)
			return STATUS_OK;
		return (enum status)(
		    m->s.exit_status < GUEST_STATUS_MAX ? m->s.exit_status : GUEST_STATUS_MAX);
	case END_SIGNAL: return (enum status)(STATUS_SIGNAL + terminal_signal());
	case END_WALL:
		return complain(STATUS_TIMEOUT,
		    "--wall-timeout: %.3f s of wall time are over, guest time "
		    "is %.3f s",
		    (double)s->wall_ns / 1e9, (double)machine_now(m) / (double)m->tick_hz);
	case END_STUCK:
		return complain(STATUS_GUEST,
		    "the guest waits for ever: no event is due and no input can "
		    "come");
	case END_OUTPUT:
		for (unsigned i = 0; i < SESSION_PORTS; i++) {
			if (s->hosts[i].error == EPIPE)
				return (enum status)(STATUS_SIGNAL + SIGPIPE);
			if (s->hosts[i].error)
				return complain(STATUS_TRY_AGAIN, "--%s %s: %s",
				    i ? "console" : "serial",
				    s->hosts[i].path ? s->hosts[i].path : "stdio",
				    strerror(s->hosts[i].error));
		}
		return STATUS_INTERNAL;
	default: return STATUS_OK;
	}
}

static const char *end_name(const struct session *s)
{
	switch (s->end) {
	case END_POWER_OFF: return "power-off";
	case END_RESET: return "reset";
	case END_UNTIL: return s->until.reached;
	case END_QUIT: return "quit";
	case END_SIGNAL: return "signal";
	case END_WALL: return "wall-timeout";
	case END_STUCK: return "stuck";
	case END_OUTPUT: return "output";
	case END_NONE: break;
	}
	return "none";
}

static void print_stats(const struct run *r)
{
	const struct session *s = &r->session;
	const struct machine *m = s->machine;
	uint64_t instructions = machine_instructions(m) - s->insn_start;
	uint64_t ticks = machine_now(m) - s->tick_start;
	double wall = (double)s->wall_ns / 1e9;

	printf("end: %s\n", end_name(s));
	printf("instructions: %" PRIu64 "\n", instructions);
	printf("emulated_s: %.9f\n", (double)ticks / (double)m->tick_hz);
	printf("wall_s: %.6f\n", wall);
	printf("mips: %.3f\n", wall > 0 ? (double)instructions / wall / 1e6 : 0.0);
	printf("setup_s: %.6f\n", (double)(s->wall_start - r->began) / 1e9);
	printf("guest_time_s: %.9f\n", (double)machine_now(m) / (double)m->tick_hz);
	printf("total_instructions: %" PRIu64 "\n", machine_instructions(m));
	printf("resets: %u\n", s->resets);
	printf("guest_remarks: %" PRIu64 "\n", m->log.count);
	translation_print_stats(m, instructions);
}

/* The guest's output ends, ours begins: on a line of its own. */
static void finish_output(struct run *r)
{
	bool fresh = true;

	for (unsigned i = 0; i < SESSION_PORTS; i++) {
		struct serial_host *h = &r->session.hosts[i];

		if (h->kind == SERIAL_STDIO)
			fresh = h->newline;
		serial_host_close(h);
		if (h->error)
			r->session.end = END_OUTPUT;
	}
	if (!fresh && (r->o->stats || r->o->hash || r->session.interactive))
		putchar('\n');
}

static enum status run_report(struct run *r)
{
	const struct options *o = r->o;
	enum status status, saved = STATUS_OK;
	struct state_hash hash;

	terminal_restore();
	finish_output(r);
	status = run_verdict(r);
	if (status == STATUS_OK && r->session.shots.failed)
		status = STATUS_TRY_AGAIN;
	if (o->save_state) {
		saved =
		    saved_state_write(r->session.machine, o->save_state, r->why, sizeof(r->why));
		if (saved)
			complain(saved, "%s", r->why);
	}
	if (r->battery.path) {
		enum status kept =
		    battery_save(&r->battery, r->session.machine, r->why, sizeof(r->why));
		if (kept)
			saved = complain(kept, "%s", r->why);
	}
	if (o->stats)
		print_stats(r);
	if (o->hash) {
		hash = machine_hash(r->session.machine);
		printf("state-hash: %016" PRIx64 "%016" PRIx64 "\n", hash.high, hash.low);
	}
	return saved && status == STATUS_OK ? saved : status;
}

static void run_free(struct run *r)
{
	terminal_restore();
	for (unsigned i = 0; i < SESSION_PORTS; i++)
		serial_host_close(&r->session.hosts[i]);
	crash_forget();
	if (r->session.machine)
		machine_free(r->session.machine);
	for (unsigned i = 0; i < r->config.drive_count; i++)
		block_close(r->config.drives[i]);
	shots_free(&r->session.shots);
	until_free(&r->session.until);
	typist_free(&r->session.typist);
	media_free(&r->kernel);
	media_free(&r->initrd);
	media_free(&r->dtb);
	media_free(&r->firmware);
	media_free(&r->rom);
	battery_free(&r->battery);
}

/* What tells this machine and what runs on it from others: slots of states go by it. */
static void run_identity(const struct run *r, char *text, size_t size)
{
	const struct board_config *k = &r->config;
	const struct options *o = r->o;
	uint64_t hash = XXH3_64bits_withSeed(k->kernel, k->kernel_size, k->memory ^ k->smp);

	hash = XXH3_64bits_withSeed(k->initrd, k->initrd_size, hash);
	hash = XXH3_64bits_withSeed(k->firmware, k->firmware_size, hash);
	hash = XXH3_64bits_withSeed(k->rom, k->rom_size, hash);
	hash = XXH3_64bits_withSeed(k->dtb, k->dtb_size, hash);
	hash = XXH3_64bits_withSeed(k->append, k->append ? strlen(k->append) : 0, hash);
	for (unsigned i = 0; i < o->drives.count; i++)
		hash = XXH3_64bits_withSeed(o->drives.items[i], strlen(o->drives.items[i]), hash);
	snprintf(text, size, "%s-%016" PRIx64, r->board->name, hash);
}

/* A state without what the guest wrote to its disks is half of one. */
static const char *run_states_refused(const struct run *r)
{
	for (unsigned i = 0; i < r->config.drive_count; i++) {
		if (!r->config.drives[i]->readonly && !r->config.drives[i]->save)
			return "No states and no rewind: give each --drive an overlay=";
	}
	return NULL;
}

/* What a file that was dropped on the window is; MEDIA_OTHER with a sentence if it is of no use. */
static enum media_kind dropped_kind(const char *path, char *why, size_t size)
{
	struct media probe = {0};
	struct media_info info;

	if (media_read(&probe, path, "dropped file", UINT64_C(1) << 30,
		"the most that is looked at", why, size))
		return MEDIA_OTHER;
	info = media_recognise(probe.bytes, probe.size < MEDIA_PROBE ? probe.size : MEDIA_PROBE);
	media_free(&probe);
	if (info.kind == MEDIA_ARM64_IMAGE || info.kind == MEDIA_GBA || info.kind == MEDIA_GZIP ||
	    info.kind == MEDIA_STATE)
		return info.kind;
	snprintf(why, size, "%s: drop a cartridge, a kernel or a saved state", info.name);
	return MEDIA_OTHER;
}

static bool run_droppable(const char *path, char *why, size_t size)
{
	return dropped_kind(path, why, size) != MEDIA_OTHER;
}

/* Run it on a machine like this one. */
static enum status run_dropped(const struct options *o, const char *path)
{
	struct options next = *o;
	char why[512];

	switch (dropped_kind(path, why, sizeof(why))) {
	case MEDIA_OTHER: return complain(STATUS_MEDIA, "%s", why);
	case MEDIA_STATE: next.load_state = path; break;
	case MEDIA_GBA:
		next.operands[0] = path;
		next.operand_count = 1;
		next.machine = next.load_state = next.patch = next.sav = NULL;
		break;
	default: next.kernel = path; next.load_state = NULL;
	}
	return command_run(&next);
}

static enum status run_session(struct run *r)
{
	struct run_window *w = &r->window;
	enum status status = STATUS_OK;

	if (r->session.machine->screen_count && r->o->window && !r->o->headless) {
		run_identity(r, w->identity, sizeof(w->identity));
		w->refused = run_states_refused(r);
		w->droppable = run_droppable;
		status = run_in_window(r->o, &r->session, w);
	}
	if (!status && !w->shown)
		session_run(&r->session);
	return status;
}

enum status command_run(const struct options *o)
{
	static enum status (*const steps[])(struct run * r) = {
	    run_detect,
	    run_board,
	    run_check,
	    run_read_media,
	    run_open_drives,
	    run_build,
	    run_prepare,
	};
	struct run *r = calloc(1, sizeof(*r));
	enum status status = STATUS_OK, shown;
	char *dropped;

	if (!r)
		return complain(STATUS_TRY_AGAIN, "out of memory");
	r->o = o;
	r->began = host_clock();
	for (unsigned i = 0; i < SESSION_PORTS; i++)
		serial_host_init(&r->session.hosts[i]);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !status; i++)
		status = steps[i](r);
	if (!status)
		status = run_session(r);
	if (!status)
		status = run_report(r);
	shown = translation_close(&r->translation);
	if (!status)
		status = shown;
	dropped = r->window.dropped;
	run_free(r);
	free(r);
	if (dropped && !status)
		status = run_dropped(o, dropped);
	free(dropped);
	return status;
}
