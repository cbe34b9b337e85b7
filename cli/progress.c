/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on stderr and Ctrl-C. The one file of the command line with state of its own: a signal
 * handler can reach nothing else. */
#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

static volatile sig_atomic_t interrupted;

static struct {
  bool terminal, drawn;
  double last;    /* seconds of the last output */
  char line[160]; /* the last output without a terminal */
  char phase[96];
} view;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void on_interrupt(int signal_number) {
  interrupted = 1;
  signal(signal_number, SIG_DFL); /* a second Ctrl-C ends at once */
}

static void draw_bar(const bw_tick *tick) {
  enum { WIDTH = 28 };
  const double share = tick->total > 0 ? (double)tick->done / (double)tick->total : 0;
  const int filled = (int)(share * WIDTH);
  char bar[WIDTH + 1];
  for (int i = 0; i < WIDTH; i++) bar[i] = i < filled ? '#' : '.';
  bar[WIDTH] = '\0';
  fprintf(stderr, "\r\033[K%-28.60s", tick->phase);
  if (tick->total > 0)
    fprintf(stderr, " [%s] %llu/%llu", bar, (unsigned long long)tick->done, (unsigned long long)tick->total);
  if (!isnan(tick->robust)) fprintf(stderr, "  robust %.1f %%", 100 * tick->robust);
  fflush(stderr);
  view.drawn = true;
}

static void print_line(const bw_tick *tick) {
  char line[sizeof view.line], robust[32] = "";
  if (!isnan(tick->robust)) snprintf(robust, sizeof robust, ", robust %.1f %%", 100 * tick->robust);
  snprintf(line, sizeof line, "%.90s: %llu/%llu%s\n", tick->phase, (unsigned long long)tick->done,
           (unsigned long long)tick->total, robust);
  if (strcmp(line, view.line) == 0) return;
  fputs(line, stderr);
  memcpy(view.line, line, sizeof line);
}

/* At most six redraws a second; without a terminal a line a phase, and one every ten seconds. */
static int show(const bw_tick *tick, void *payload) {
  (void)payload;
  const double t = now();
  const bool new_phase = strncmp(view.phase, tick->phase, sizeof view.phase - 1) != 0;
  const bool finished = tick->total > 0 && tick->done == tick->total;
  if (view.terminal) {
    if (new_phase || finished || t - view.last > 1.0 / 6) {
      draw_bar(tick);
      view.last = t;
    }
  } else if (finished || t - view.last > 10) {
    print_line(tick);
    view.last = t;
  }
  if (new_phase) snprintf(view.phase, sizeof view.phase, "%s", tick->phase);
  return interrupted != 0;
}

static int stop_only(const bw_tick *tick, void *payload) {
  (void)tick;
  (void)payload;
  return interrupted != 0;
}

bw_progress cli_progress(bool quiet) {
  signal(SIGINT, on_interrupt);
  signal(SIGTERM, on_interrupt);
  view.terminal = isatty(STDERR_FILENO) != 0;
  view.last = now();
  return (bw_progress){.call = quiet ? stop_only : show, .payload = NULL};
}

void cli_progress_end(void) {
  if (view.drawn) fprintf(stderr, "\r\033[K");
  view.drawn = false;
}

bool cli_interrupted(void) {
  return interrupted != 0;
}
