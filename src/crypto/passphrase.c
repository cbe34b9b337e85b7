/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a passphrase. On a terminal every key is handled here, one byte at a time: with the terminal's own
 * line editing a Ctrl-C would end the process and leave the terminal without echo. */
#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/secret.h"

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DELETE = 127 };

typedef struct line {
  int descriptor;
  bool terminal;
  char *text; /* BWI_PASSPHRASE_MAX_BYTES of locked memory */
  size_t size;
} line;

/* A whole character: in UTF-8 its later bytes are 10xxxxxx. */
static void erase_last(line *l) {
  while (l->size > 0 && ((unsigned char)l->text[--l->size] & 0xC0) == 0x80) continue;
}

/* False at the end of the line. */
static bool take_byte(line *l, char byte, bw_status *status, bw_error *err) {
  if (byte == '\n' || (l->terminal && byte == CTRL_D)) return false;
  if (l->terminal && byte == CTRL_C) {
    *status = BW_FAIL(err, BW_ECANCEL, "interrupted");
  } else if (l->terminal && (byte == BACKSPACE || byte == DELETE)) {
    erase_last(l);
  } else if (l->size == BWI_PASSPHRASE_MAX_BYTES) {
    *status = BW_FAIL(err, BW_EINVAL, "the passphrase is longer than %d bytes", BWI_PASSPHRASE_MAX_BYTES);
  } else {
    l->text[l->size++] = byte;
  }
  return *status == BW_OK;
}

static bw_status read_line(line *l, bw_error *err) {
  bw_status status = BW_OK;
  char byte = 0;
  for (;;) {
    const ssize_t got = read(l->descriptor, &byte, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bwi_fail_system(err, "read", "the passphrase", errno);
    if (got == 0 || !take_byte(l, byte, &status, err)) break;
  }
  bwi_wipe(&byte, 1);
  if (status == BW_OK && l->size == 0) return BW_FAIL(err, BW_EINVAL, "the passphrase is empty");
  return status;
}

static void say(int terminal, const char *text) {
  /* Nothing is to be done about a terminal that does not take it. */
  if (write(terminal, text, strlen(text)) < 0) return;
}

static bw_status ask(line *l, const char *prompt, bw_error *err) {
  say(l->descriptor, prompt);
  const bw_status status = read_line(l, err);
  say(l->descriptor, "\n");
  return status;
}

static bw_status ask_again(const line *first, bw_error *err) {
  line again = *first;
  again.size = 0;
  again.text = bwi_secret_alloc(BWI_PASSPHRASE_MAX_BYTES);
  if (again.text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  bw_status status = ask(&again, "The same again: ", err);
  if (status == BW_OK &&
      (again.size != first->size || !bwi_secret_equal(again.text, first->text, first->size)))
    status = BW_FAIL(err, BW_EINVAL, "the two passphrases differ");
  bwi_secret_free(again.text);
  return status;
}

static bw_status ask_terminal(line *l, bool confirm, bw_error *err) {
  struct termios before;
  if (tcgetattr(l->descriptor, &before) != 0) return bwi_fail_system(err, "ask on", "the terminal", errno);
  struct termios silent = before;
  silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG);
  if (tcsetattr(l->descriptor, TCSAFLUSH, &silent) != 0)
    return bwi_fail_system(err, "ask on", "the terminal", errno);
  bw_status status = ask(l, "Passphrase: ", err);
  if (status == BW_OK && confirm) status = ask_again(l, err);
  (void)tcsetattr(l->descriptor, TCSAFLUSH, &before);
  return status;
}

bw_status bwi_secret_read_passphrase(char **out, size_t *size, int descriptor, bool confirm, bw_error *err) {
  line l = {.descriptor = descriptor, .terminal = isatty(descriptor) == 1};
  l.text = bwi_secret_alloc(BWI_PASSPHRASE_MAX_BYTES);
  if (l.text == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory that can be locked");
  const bw_status status = l.terminal ? ask_terminal(&l, confirm, err) : read_line(&l, err);
  if (status != BW_OK) {
    bwi_secret_free(l.text);
    return status;
  }
  *out = l.text;
  *size = l.size;
  return BW_OK;
}
