/* SPDX-License-Identifier: Apache-2.0 */
/* Configured attacks: options from text, checked against the attack's table. */
#include <math.h>
#include <string.h>

#include "attack/attack.h"
#include "base/memory.h"
#include "base/number.h"
#include "model/model.h"

static const char *const norm_names[] = {"linf", "l2", "l1", "l0"};

static bw_status check_norm(const bw_attack_info *info, bw_norm norm, bw_error *err) {
  if ((unsigned)norm <= BW_L0 && (info->norms & BW_NORM_BIT((unsigned)norm)) != 0) return BW_OK;
  char list[32] = "";
  for (unsigned i = 0; i <= BW_L0; i++) {
    if ((info->norms & BW_NORM_BIT(i)) == 0) continue;
    if (list[0] != '\0') strncat(list, ", ", sizeof list - strlen(list) - 1);
    strncat(list, norm_names[i], sizeof list - strlen(list) - 1);
  }
  return BW_FAIL(err, BW_EINVAL, "%s has no norm %s; it has %s", info->name,
                 (unsigned)norm <= BW_L0 ? norm_names[norm] : "of that number", list);
}

/* ---- the options that there are: the attack's own, then the common ones ---- */

static const char *const fidelity_names[] = {"clean", "reference", NULL};

const bw_option_info bwi_common_options[BWI_N_COMMON] = {
    {"eot",
     "expectation over transformation, for models that are random: gradients and scores are means of so many "
     "passes (Athalye et al. 2018)",
     NULL, BW_OPTION_INTEGER, 1, 1000, 1, NULL},
    {"quantize", "only images that can be stored with so many bits a coordinate count; 0: any", "bits",
     BW_OPTION_INTEGER, 0, 16, 0, NULL},
    {"fidelity", "the attack without slips of its authors' code, or with those that change results", NULL,
     BW_OPTION_CHOICE, 0, 1, 0, fidelity_names},
};

static uint32_t n_options(const bw_attack *attack) {
  return attack->class->info.n_options + BWI_N_COMMON;
}

static const bw_option_info *option_at(const bw_attack *attack, uint32_t i) {
  const bw_attack_info *info = &attack->class->info;
  return i < info->n_options ? &info->options[i] : &bwi_common_options[i - info->n_options];
}

static bool is_common(const bw_attack *attack, uint32_t i) {
  return i >= attack->class->info.n_options;
}

static double *value_at(bw_attack *attack, uint32_t i) {
  const uint32_t n_own = attack->class->info.n_options;
  return i < n_own ? &attack->values[i] : &attack->common[i - n_own];
}

bw_attack bwi_attack_of(const bwi_attack_class *class, bw_norm norm, double eps) {
  bw_attack attack = {.class = class, .norm = norm, .eps = eps};
  for (uint32_t i = 0; i < n_options(&attack); i++) *value_at(&attack, i) = option_at(&attack, i)->standard;
  return attack;
}

void bwi_attack_put(bw_attack *attack, const char *option, double value) {
  for (uint32_t i = 0; i < n_options(attack); i++)
    if (strcmp(option_at(attack, i)->name, option) == 0) *value_at(attack, i) = value;
}

bw_status bw_attack_create(bw_attack **out, const char *name, bw_norm norm, double eps, bw_error *err) {
  const bwi_attack_class *class = bwi_attack_class_of(name);
  if (class == NULL) return BW_FAIL(err, BW_EINVAL, "no attack is called '%s'", name);
  BW_TRY(check_norm(&class->info, norm, err));
  if (!(eps > 0)) return BW_FAIL(err, BW_EINVAL, "eps is %g; it must be above 0", eps);
  if (isinf(eps) && !class->info.nearest)
    return BW_FAIL(err, BW_EINVAL, "%s needs a budget: eps is infinite", name);
  bw_attack *attack = bwi_alloc(1, sizeof *attack);
  if (attack == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for an attack");
  *attack = bwi_attack_of(class, norm, eps);
  *out = attack;
  return BW_OK;
}

void bw_attack_free(bw_attack *attack) {
  bwi_free(attack);
}

/* ---- values from text ---- */

/* A decimal number that ends where `size` bytes do: no spaces, names or hexadecimals. */
static bool parse_decimal(double *out, const char *text, size_t size) {
  const char *end = NULL;
  if (strspn(text, "-.0123456789eE+") < size || text[0] == '+') return false;
  *out = bwi_number_parse(text, &end);
  return size > 0 && end == text + size && isfinite(*out);
}

/* "0.03" or a fraction, "8/255". */
static bool parse_real(double *out, const char *text) {
  const char *slash = strchr(text, '/');
  if (slash == NULL) return parse_decimal(out, text, strlen(text));
  double above = 0, below = 0;
  if (!parse_decimal(&above, text, (size_t)(slash - text))) return false;
  if (!parse_decimal(&below, slash + 1, strlen(slash + 1)) || below == 0) return false;
  *out = above / below;
  return true;
}

static bool parse_value(double *out, const bw_option_info *option, const char *text) {
  switch (option->kind) {
    case BW_OPTION_REAL: return parse_real(out, text);
    case BW_OPTION_INTEGER: return parse_real(out, text) && *out == floor(*out);
    case BW_OPTION_BOOLEAN: *out = strcmp(text, "true") == 0; return *out != 0 || strcmp(text, "false") == 0;
    case BW_OPTION_CHOICE:
      for (int i = 0; option->choices[i] != NULL; i++) {
        *out = i;
        if (strcmp(text, option->choices[i]) == 0) return true;
      }
      return false;
  }
  return false;
}

static const char *const kind_names[] = {"a number such as 0.03 or 8/255", "a whole number", "true or false",
                                         "a choice"};

static bw_status refuse(const bw_option_info *option, const char *value, bw_error *err) {
  if (option->kind != BW_OPTION_CHOICE)
    return BW_FAIL(err, BW_EINVAL, "%s=%s: not %s", option->name, value, kind_names[option->kind]);
  char list[128] = "";
  for (int i = 0; option->choices[i] != NULL; i++) {
    if (i > 0) strncat(list, ", ", sizeof list - strlen(list) - 1);
    strncat(list, option->choices[i], sizeof list - strlen(list) - 1);
  }
  return BW_FAIL(err, BW_EINVAL, "%s=%s: not one of %s", option->name, value, list);
}

bw_status bw_attack_set(bw_attack *attack, const char *option, const char *value, bw_error *err) {
  for (uint32_t i = 0; i < n_options(attack); i++) {
    const bw_option_info *o = option_at(attack, i);
    if (strcmp(o->name, option) != 0) continue;
    double number = 0;
    if (!parse_value(&number, o, value)) return refuse(o, value, err);
    if (number < o->lowest || number > o->highest)
      return BW_FAIL(err, BW_EINVAL, "%s=%s: must be from %g to %g", option, value, o->lowest, o->highest);
    *value_at(attack, i) = number;
    return BW_OK;
  }
  return BW_FAIL(err, BW_EINVAL, "%s has no option '%s'", attack->class->info.name, option);
}

bw_status bw_attack_configure(bw_attack *attack, const char *list, bw_error *err) {
  char *copy = bwi_strdup(list);
  if (copy == NULL) return BW_FAIL(err, BW_ENOMEM, "no memory for the options of an attack");
  bw_status status = BW_OK;
  for (char *at = copy; *at != '\0' && status == BW_OK;) {
    char *end = at + strcspn(at, ":"), *next = *end == ':' ? end + 1 : end;
    *end = '\0';
    char *equals = strchr(at, '=');
    if (equals != NULL) *equals = '\0';
    status = bw_attack_set(attack, at, equals != NULL ? equals + 1 : "true", err);
    at = next;
  }
  bwi_free(copy);
  return status;
}

/* ---- reading them ---- */

double bwi_attack_value(const bw_attack *attack, const char *option, double otherwise) {
  for (uint32_t i = 0; i < n_options(attack); i++) {
    if (strcmp(option_at(attack, i)->name, option) != 0) continue;
    const uint32_t n_own = attack->class->info.n_options;
    const double value = i < n_own ? attack->values[i] : attack->common[i - n_own];
    return isnan(value) ? attack->class->derive(attack, option) : value;
  }
  return otherwise;
}

bool bwi_attack_is_faithful(const bw_attack *attack) {
  return bwi_attack_value(attack, "fidelity", 0) != 0;
}

double bwi_stops_with_budget(const bw_attack *attack, const char *option) {
  (void)option;
  return isfinite(attack->eps);
}

bw_attack bwi_attack_with_eps(const bw_attack *attack, double eps) {
  bw_attack other = *attack;
  for (uint32_t i = 0; i < attack->class->info.n_options; i++) {
    const char *unit = attack->class->info.options[i].unit;
    if (unit != NULL && strcmp(unit, "distance") == 0) other.values[i] *= eps / attack->eps;
  }
  other.eps = eps;
  return other;
}

/* Switches, ratios and choices of "none" that were left alone say nothing. */
static bool worth_saying(const bw_option_info *o, double value) {
  if (isnan(o->standard) && o->kind == BW_OPTION_BOOLEAN) return value == 0;
  if (isnan(o->standard) || value != o->standard || o->kind == BW_OPTION_INTEGER) return true;
  return o->kind == BW_OPTION_CHOICE && strcmp(o->choices[0], "none") != 0;
}

void bwi_attack_describe(bwi_buffer *out, const bw_attack *attack) {
  bwi_buffer_format(out, "%s eps=%.6g", norm_names[attack->norm], attack->eps);
  for (uint32_t i = 0; i < n_options(attack); i++) {
    const bw_option_info *o = option_at(attack, i);
    const double value = bwi_attack_value(attack, o->name, 0);
    if (!worth_saying(o, value) || (is_common(attack, i) && value == o->standard)) continue;
    if (o->kind == BW_OPTION_CHOICE)
      bwi_buffer_format(out, " %s=%s", o->name, o->choices[(int)value]);
    else if (o->kind == BW_OPTION_BOOLEAN)
      bwi_buffer_format(out, " %s=%s", o->name, value != 0 ? "true" : "false");
    else
      bwi_buffer_format(out, " %s=%.6g", o->name, value);
  }
}

/* ---- the usual budget ---- */

static bool has_one_channel(const bwi_dims *shape) {
  return shape->n == 2 || (shape->n == 3 && (shape->v[2] == 1 || shape->v[0] == 1));
}

double bw_attack_usual_eps(const bw_model *model, bw_norm norm) {
  static const double usual[][2] = {
      [BW_LINF] = {8.0 / 255, 0.3}, [BW_L2] = {0.5, 2}, [BW_L1] = {12, 10}, [BW_L0] = {24, 24}};
  const double width = norm == BW_L0 ? 1 : (double)model->upper - (double)model->lower;
  return usual[norm][has_one_channel(&model->shape)] * width;
}
