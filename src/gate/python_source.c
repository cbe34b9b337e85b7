/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/python_source.h"

#include <string.h>

#define SNIFFED_LINES 200

static bool is_word(uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}

static bool line_starts(bwi_bytes line, const char *word) {
  const size_t n = strlen(word);
  return line.size > n && memcmp(line.data, word, n) == 0;
}

static bool holds(bwi_bytes line, const char *text) {
  const size_t n = strlen(text);
  for (size_t at = 0; at + n <= line.size; at++)
    if (memcmp(line.data + at, text, n) == 0) return true;
  return false;
}

static bool ends_in_colon(bwi_bytes line) {
  while (line.size > 0 && (line.data[line.size - 1] == ' ' || line.data[line.size - 1] == '\r')) line.size--;
  return line.size > 0 && line.data[line.size - 1] == ':';
}

bool bwi_python_is_source(bwi_bytes text) {
  int imports = 0, definitions = 0;
  size_t at = 0;
  for (int i = 0; i < SNIFFED_LINES && at < text.size; i++) {
    const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
    const size_t n = end == NULL ? text.size - at : (size_t)(end - text.data) - at;
    const bwi_bytes line = {text.data + at, n};
    imports += line_starts(line, "import ") && !holds(line, ";");
    imports += line_starts(line, "from ") && holds(line, " import ");
    definitions += (line_starts(line, "def ") || line_starts(line, "class ")) && ends_in_colon(line);
    at += n + 1;
  }
  return imports > 0 && definitions > 0;
}

/* ---- dangers ---- */

/* Behind a string that begins with the quote at `at`. */
static size_t skip_string(bwi_bytes text, size_t at) {
  const uint8_t quote = text.data[at];
  const bool triple = at + 2 < text.size && text.data[at + 1] == quote && text.data[at + 2] == quote;
  for (at += triple ? 3 : 1; at < text.size; at++) {
    if (text.data[at] == '\\') {
      at++;
    } else if (text.data[at] == quote) {
      if (!triple) return at + 1;
      if (at + 2 < text.size && text.data[at + 1] == quote && text.data[at + 2] == quote) return at + 3;
    } else if (text.data[at] == '\n' && !triple) {
      return at + 1;
    }
  }
  return text.size;
}

static bool is_one_of(bwi_bytes word, const char *const *list, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strlen(list[i]) == word.size && memcmp(list[i], word.data, word.size) == 0) return true;
  return false;
}

static bool is_danger(bwi_bytes word, bool called, bool member) {
  static const char *const calls[] = {"exec", "eval", "compile", "__import__", "execfile", "breakpoint"};
  static const char *const anywhere[] = {"subprocess",
                                         "socket",
                                         "ctypes",
                                         "pickle",
                                         "cPickle",
                                         "marshal",
                                         "shelve",
                                         "dill",
                                         "cloudpickle",
                                         "popen",
                                         "pty",
                                         "telnetlib",
                                         "ftplib",
                                         "smtplib",
                                         "requests",
                                         "urllib",
                                         "urllib2",
                                         "httpx",
                                         "aiohttp",
                                         "paramiko",
                                         "webbrowser",
                                         "runpy",
                                         "multiprocessing",
                                         "winreg",
                                         "__subclasses__",
                                         "__builtins__",
                                         "__globals__",
                                         "__code__"};
  static const char *const members[] = {"system", "popen",  "execv",     "execve", "execvp",
                                        "spawnv", "spawnl", "fork",      "kill",   "remove",
                                        "unlink", "rmtree", "startfile", "putenv", "chmod"};
  if (called && !member && is_one_of(word, calls, sizeof calls / sizeof *calls)) return true;
  if (called && member && is_one_of(word, members, sizeof members / sizeof *members)) return true;
  return !member && is_one_of(word, anywhere, sizeof anywhere / sizeof *anywhere);
}

bool bwi_python_find_danger(bwi_bytes text, size_t *at, size_t *n) {
  size_t i = *at;
  while (i < text.size) {
    const uint8_t c = text.data[i];
    if (c == '#') {
      const uint8_t *end = memchr(text.data + i, '\n', text.size - i);
      i = end == NULL ? text.size : (size_t)(end - text.data);
    } else if (c == '"' || c == '\'') {
      i = skip_string(text, i);
    } else if (is_word(c)) {
      const size_t start = i;
      while (i < text.size && is_word(text.data[i])) i++;
      size_t next = i;
      while (next < text.size && text.data[next] == ' ') next++;
      const bool called = next < text.size && text.data[next] == '(',
                 member = start > 0 && text.data[start - 1] == '.';
      if (is_danger((bwi_bytes){text.data + start, i - start}, called, member)) {
        *at = start;
        *n = i - start;
        return true;
      }
    } else {
      i++;
    }
  }
  return false;
}
