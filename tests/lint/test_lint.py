# SPDX-License-Identifier: Apache-2.0
"""The checks themselves: what each must find in a small tree, and what it must let pass."""

import pathlib
import tempfile
import unittest

import banned
import layers
import spdx
import symbols

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


class InTree(unittest.TestCase):
    def problems(self, check, path, text):
        """What check finds in a tree whose only file is this one."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            return check.problems(pathlib.Path(folder))

    def check_rows(self, check, rows):
        for path, text, wanted in rows:
            with self.subTest(path=path, text=text):
                self.assertEqual(len(self.problems(check, path, text)), wanted)


class Layers(InTree):
    def test_rows(self):
        self.check_rows(
            layers,
            [
                ("src/graph/a.c", '#include "base/error.h"\n#include "graph/a.h"\n#include <math.h>\n', 0),
                ("src/graph/a.c", "#include <bulwark/array.h>\n", 0),
                ("src/graph/a.c", '#include "format/npy.h"\n', 1),
                ("src/format/a.c", '#include "graph/graph.h"\n', 1),
                ("src/base/a.c", '#include "graph/graph.h"\n', 1),
                ("src/base/a.c", '  #  include "graph/graph.h"\n', 1),
                ("src/base/a.c", '#include "memory.h"\n', 1),
                ("src/base/a.c", '#include "../graph/graph.h"\n', 1),
                ("src/backend/ref/a.c", '#include "backend/plan.h"\n', 0),
                ("src/backend/ref/a.c", '#include "backend/cpu/a.h"\n', 1),
                ("src/backend/cpu/a.c", '#include "backend/ref/a.h"\n', 1),
                ("src/backend/a.c", '#include "backend/ref/a.h"\n', 1),
                ("src/model/a.c", '#include "backend/plan.h"\n', 0),
                ("src/model/a.c", '#include "backend/cpu/a.h"\n', 1),
                ("src/model/a.c", '#include "attack/attack.h"\n', 1),
                ("src/attack/a.c", '#include "backend/plan.h"\n', 1),
                ("src/report/a.c", '#include "eval/eval.h"\n', 1),
                ("src/backend/cpu/a.c", "#include <oneapi/dnnl/dnnl.h>\n", 0),
                ("src/backend/ref/a.c", "#include <oneapi/dnnl/dnnl.h>\n", 1),
                ("src/format/a.c", "#include <zlib.h>\n#include <png.h>\n", 0),
                ("src/base/a.c", "#include <zlib.h>\n", 1),
                ("src/base/a.c", "#include <surprise.h>\n", 1),
                ("src/base/a.c", "#include HEADER\n", 1),
                ("src/new/a.c", "#include <math.h>\n", 1),
                ("cli/a.c", '#include <bulwark/bulwark.h>\n#include "cli.h"\n#include <unistd.h>\n', 0),
                ("cli/a.c", '#include "base/json.h"\n', 1),
                ("examples/a.c", '#include "base/json.h"\n', 1),
                ("include/bulwark/a.h", "#include <bulwark/status.h>\n#include <stddef.h>\n", 0),
                ("include/bulwark/a.h", "#include <unistd.h>\n", 1),
                ("include/bulwark/a.h", '#include "base/error.h"\n', 1),
            ],
        )

    def test_place_is_named(self):
        found = self.problems(layers, "src/base/a.c", 'int a;\n#include "graph/graph.h"\n')
        self.assertTrue(found[0].startswith("src/base/a.c:2: "), found)


class Banned(InTree):
    def test_rows(self):
        self.check_rows(
            banned,
            [
                ("src/base/a.c", "void f(void) { free(p); snprintf(a, 1, b); }\n", 0),
                ("src/graph/a.c", "void f(void) { free(p); }\n", 1),
                ("src/graph/a.c", "void f(void) { bwi_free(p); m->free(m); m.free (m); }\n", 0),
                ("src/graph/a.c", "/* free(p) */ // free(p)\nconst char *s = \"\\\"free(p)\"; char c = '\"'; int t;\n", 0),
                ("src/graph/a.c", "char c = '\"'; void f(void) { free(p); } char d = '\"';\n", 1),
                ("src/graph/a.c", "int f(void) { return sprintf(a, b); }\n", 1),
                ("src/graph/a.c", "int f(void) { return printf (a); }\n", 1),
                ("cli/a.c", "int f(void) { return printf(a); }\n", 0),
                ("cli/a.c", "int f(void) { return atoi(a); }\n", 1),
                ("cli/a.c", "double f(void) { return strtod(a, b); }\n", 0),
                ("src/format/a.c", "double f(void) { return strtod(a, b); }\n", 1),
                ("tests/unit/a.c", "void f(void) { strcpy(a, b); }\n", 1),
                ("src/model/a.c", "void f(void) { abort(); }\n", 1),
            ],
        )


class Spdx(InTree):
    def test_rows(self):
        self.check_rows(
            spdx,
            [
                ("src/base/a.c", LICENCE, 0),
                ("src/base/a.c", "int a;\n" + LICENCE, 1),
                ("src/base/a.c", "", 1),
                ("tools/run", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n", 0),
                ("tools/run", "#!/bin/sh\n", 1),
                ("README.md", "# Title\n", 0),
            ],
        )


class Symbols(unittest.TestCase):
    def test_declarations(self):
        with tempfile.TemporaryDirectory() as folder:
            header = pathlib.Path(folder, "include/bulwark/a.h")
            header.parent.mkdir(parents=True)
            header.write_text(
                "#define BW_API x(y)\n/* BW_API int bw_no(void); */\nBW_API void bw_one(int (*f)(void));\n"
                "BW_API BW_NODISCARD bw_status bw_two(bw_array **out,\n  int n);\nBW_API const char *\nbw_three(void);\n"
            )
            self.assertEqual(symbols.declared(pathlib.Path(folder)), {"bw_one", "bw_two", "bw_three"})


if __name__ == "__main__":
    unittest.main()
