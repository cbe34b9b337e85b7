/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/rules.h"

/* clang-format off */
static const bw_gate_rule rules[BWI_RULE_COUNT] = {
    [BWI_RULE_TYPE_MISMATCH] = {"type-mismatch", BW_GATE_WARNING, "the content is not what the name says",
        "A loader that goes by the name does other things with the file than one that goes by the content."},
    [BWI_RULE_TYPE_OPAQUE] = {"type-opaque", BW_GATE_WARNING, "a container that the gate cannot look into",
        "Unpack it and let the gate look at what comes out."},
    [BWI_RULE_TYPE_UNKNOWN] = {"type-unknown", BW_GATE_NOTE, "a format that no loader here reads; not inspected",
        "Nothing is known about the content."},
    [BWI_RULE_EXECUTABLE] = {"executable", BW_GATE_ERROR, "a program, a library or a script",
        "Weights need no machine code, bytecode or scripts beside them."},
    [BWI_RULE_POLYGLOT] = {"polyglot", BW_GATE_ERROR, "the file is of two formats at once",
        "Two readers see two files; what one has checked is not what the other uses."},
    [BWI_RULE_MALFORMED] = {"malformed", BW_GATE_ERROR, "sizes, offsets, shapes or order do not fit the file",
        "Loaders that do not check this read or write out of bounds, or disagree about the content."},
    [BWI_RULE_UNSUPPORTED] = {"unsupported", BW_GATE_WARNING, "a part of the format that the gate does not know",
        "What is not known was not checked."},
    [BWI_RULE_LIMIT] = {"limit", BW_GATE_WARNING, "the file asks for more than the gate's limits",
        "What lies behind the limit was not checked."},
    [BWI_RULE_PICKLE_DANGEROUS] = {"pickle-import-dangerous", BW_GATE_ERROR, "the pickle imports what runs code, programs or files",
        "Loading runs it. Do not unpickle the file, not even to look."},
    [BWI_RULE_PICKLE_IMPORT] = {"pickle-import", BW_GATE_WARNING, "the pickle imports what weights do not need",
        "Only imports on a short list are taken for harmless. Ask for the weights as safetensors."},
    [BWI_RULE_PICKLE_CALL] = {"pickle-call", BW_GATE_ERROR, "the pickle calls or changes something other than an import that is allowed for it",
        "Calls of computed objects are how pickles hide what they run."},
    [BWI_RULE_PICKLE_UNRESOLVED] = {"pickle-unresolved", BW_GATE_ERROR, "what the pickle imports cannot be told",
        "The names are not text, or come from where nothing was put."},
    [BWI_RULE_PICKLE_EXTENSION] = {"pickle-extension", BW_GATE_ERROR, "the pickle imports by a code of copyreg's registry",
        "What the code stands for is decided by the process that loads the file."},
    [BWI_RULE_PICKLE_PERSISTENT] = {"pickle-persistent", BW_GATE_WARNING, "a persistent id that is not one of PyTorch's storages",
        "What it stands for is decided by the process that loads the file."},
    [BWI_RULE_PICKLE_BROKEN] = {"pickle-broken", BW_GATE_WARNING, "the pickle is broken",
        "What stands before the fault runs all the same; what stands behind it may run elsewhere."},
    [BWI_RULE_PICKLE_NESTED] = {"pickle-nested", BW_GATE_WARNING, "a string holds another pickle that would run something",
        "It is harmless until something unpickles it, and nothing harmless does."},
    [BWI_RULE_PICKLE_EXPANSION] = {"pickle-expansion", BW_GATE_WARNING, "the pickle refers to the same objects again and again",
        "A few bytes can stand for structures that no memory holds once they are walked."},
    [BWI_RULE_OBJECT_ARRAY] = {"object-array", BW_GATE_NOTE, "the array holds Python objects",
        "NumPy loads it only with allow_pickle=True; the pickle in it was inspected."},
    [BWI_RULE_TORCHSCRIPT] = {"torchscript-code", BW_GATE_WARNING, "a TorchScript archive, which holds code",
        "torch.jit.load compiles and runs it; the gate does not judge TorchScript."},
    [BWI_RULE_ARCHIVE_BOMB] = {"archive-bomb", BW_GATE_ERROR, "a little data unpacks to very much",
        "Loading it takes the memory or the disk away."},
    [BWI_RULE_ARCHIVE_ENCRYPTED] = {"archive-encrypted", BW_GATE_NOTE, "an encrypted member, which was not inspected",
        "MLX, NumPy and PyTorch cannot open it. Let the gate look at what comes out of it."},
    [BWI_RULE_ARCHIVE_LINK] = {"archive-link", BW_GATE_ERROR, "a link, a device or another special file in an archive",
        "Unpacking writes through it to other places."},
    [BWI_RULE_ARCHIVE_PATH] = {"archive-path", BW_GATE_ERROR, "a member's name leads out of the folder",
        "Unpacking writes to other places."},
    [BWI_RULE_ARCHIVE_DUPLICATE] = {"archive-duplicate", BW_GATE_ERROR, "two members have one name",
        "Some readers take the first, others the last."},
    [BWI_RULE_KERNEL_SOURCE] = {"kernel-source", BW_GATE_ERROR, "the graph holds code for the GPU",
        "Calling the imported function compiles and runs it."},
    [BWI_RULE_CUSTOM_OPERATOR] = {"custom-operator", BW_GATE_NOTE, "an operator that is not ONNX's own",
        "It runs only where a library for it is loaded; where that comes from matters."},
    [BWI_RULE_EXTERNAL_DATA] = {"external-data", BW_GATE_NOTE, "weights that lie in another file",
        "Let the gate look at that file, too, and keep both together."},
    [BWI_RULE_EXTERNAL_PATH] = {"external-path", BW_GATE_ERROR, "weights that lie outside of the model's folder",
        "Loading reads whatever lies there, and saving may give it away."},
    [BWI_RULE_TEMPLATE] = {"template", BW_GATE_NOTE, "a chat template, which is a program in Jinja",
        "It runs in a sandbox at each prompt and can put words into it; read it."},
    [BWI_RULE_TEMPLATE_ESCAPE] = {"template-escape", BW_GATE_ERROR, "a chat template that reaches for Python's insides",
        "Outside of a sandbox it runs any code."},
    [BWI_RULE_KERAS_LAMBDA] = {"keras-lambda", BW_GATE_ERROR, "a Lambda layer, which is Python bytecode",
        "Keras runs it when it loads the model without safe mode."},
    [BWI_RULE_KERAS_MODULE] = {"keras-module", BW_GATE_WARNING, "the configuration names an object outside of Keras",
        "Keras imports and calls it when it loads the model without safe mode."},
    [BWI_RULE_REMOTE_CODE] = {"remote-code", BW_GATE_WARNING, "the configuration names Python code to run",
        "trust_remote_code runs it, and loaders that do not ask run it without."},
    [BWI_RULE_PYTHON_SOURCE] = {"python-source", BW_GATE_WARNING, "Python source beside the weights",
        "trust_remote_code runs it. Read it, or leave it out."},
    [BWI_RULE_PYTHON_DANGEROUS] = {"python-dangerous", BW_GATE_ERROR, "Python source that runs code, programs or network connections",
        "Nothing that describes a model needs that."},
    [BWI_RULE_SYMLINK] = {"symlink", BW_GATE_WARNING, "a symbolic link or a special file in a folder",
        "It may lead elsewhere by the time the model is loaded; it was not followed."},
    [BWI_RULE_VALUES_NOT_FINITE] = {"values-not-finite", BW_GATE_WARNING, "weights that are NaN or infinite",
        "What is computed from them is NaN, too; training does not leave such weights."},
    [BWI_RULE_VALUES_RANGE] = {"values-range", BW_GATE_WARNING, "weights of a magnitude that no training leaves",
        "Products of such numbers overflow float32; they may have been planted."},
};
/* clang-format on */

const bw_gate_rule *bwi_rule_of(bwi_rule rule) {
  return &rules[rule];
}

uint32_t bw_gate_rule_count(void) {
  return BWI_RULE_COUNT;
}

const bw_gate_rule *bw_gate_rule_at(uint32_t i) {
  return &rules[i];
}
