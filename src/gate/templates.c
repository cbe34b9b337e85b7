/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/templates.h"

#include <string.h>

/* Ways from a template to Python's objects: attributes between double underscores, written out or escaped,
 * the filter that takes a name as text, and the globals of Jinja that templates of chats do not need. */
static const char *const ways_out[] = {
    "__class__",
    "__globals__",
    "__subclasses__",
    "__builtins__",
    "__import__",
    "__init__",
    "__mro__",
    "__base__",
    "__bases__",
    "__getattribute__",
    "__dict__",
    "__code__",
    "__self__",
    "\\x5f",
    "\\u005f",
    "|attr",
    "| attr",
    "lipsum",
    "cycler",
    "joiner",
    "get_flashed_messages",
    "self._",
    "popen",
    "subprocess",
};

static size_t find_text(bwi_bytes text, const char *wanted) {
  const size_t n = strlen(wanted);
  for (size_t at = 0; at + n <= text.size; at++) {
    const uint8_t *found = memchr(text.data + at, wanted[0], text.size - n - at + 1);
    if (found == NULL) break;
    at = (size_t)(found - text.data);
    if (memcmp(found, wanted, n) == 0) return at;
  }
  return text.size;
}

void bwi_gate_find_template(bw_gate *g, const bwi_subject *s, bwi_bytes text, uint64_t offset) {
  for (size_t i = 0; i < sizeof ways_out / sizeof *ways_out; i++) {
    const size_t at = find_text(text, ways_out[i]);
    if (at < text.size) {
      bwi_gate_find(g, s, BWI_RULE_TEMPLATE_ESCAPE, offset + at, "the chat template holds \"%s\"",
                    ways_out[i]);
      return;
    }
  }
  bwi_gate_find(g, s, BWI_RULE_TEMPLATE, offset, "a chat template of %zu bytes", text.size);
}
