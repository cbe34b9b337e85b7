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

bw_attack bwi_attack_of(const bwi_attack_class *class, bw_norm norm, double eps) {
  bw_attack attack = {.class = class, .norm = norm, .eps = eps};
  for (uint32_t i = 0; i < class->info.n_options; i++) attack.values[i] = class->info.options[i].standard;
  return attack;
}

void bwi_attack_put(bw_attack *attack, const char *option, double value) {
  for (uint32_t i = 0; i < attack->class->info.n_options; i++)
    if (strcmp(attack->class->info.options[i].name, option) == 0) attack->values[i] = value;
}

bw_status bw_attack_create(bw_attack **out, const char *name, bw_norm norm, double eps, bw_error *err) {
  const bwi_attack_class *class = bwi_attack_class_of(name);
  if (class == NULL) return BW_FAIL(err, BW_EINVAL, "no attack is called '%s'", name);
  BW_TRY(check_norm(&class->info, norm, err));
  if (!(eps > 0) || !isfinite(eps))
    return BW_FAIL(err, BW_EINVAL, "eps is %g; it must be above 0 and finite", eps);
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
  const bw_attack_info *info = &attack->class->info;
  for (uint32_t i = 0; i < info->n_options; i++) {
    const bw_option_info *o = &info->options[i];
    if (strcmp(o->name, option) != 0) continue;
    double number = 0;
    if (!parse_value(&number, o, value)) return refuse(o, value, err);
    if (number < o->lowest || number > o->highest)
      return BW_FAIL(err, BW_EINVAL, "%s=%s: must be from %g to %g", option, value, o->lowest, o->highest);
    attack->values[i] = number;
    return BW_OK;
  }
  return BW_FAIL(err, BW_EINVAL, "%s has no option '%s'", info->name, option);
}

/* ---- reading them ---- */

double bwi_attack_value(const bw_attack *attack, const char *option, double otherwise) {
  const bw_attack_info *info = &attack->class->info;
  for (uint32_t i = 0; i < info->n_options; i++) {
    if (strcmp(info->options[i].name, option) != 0) continue;
    return isnan(attack->values[i]) ? attack->class->derive(attack, option) : attack->values[i];
  }
  return otherwise;
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
  if (isnan(o->standard) || value != o->standard || o->kind == BW_OPTION_INTEGER) return true;
  return o->kind == BW_OPTION_CHOICE && strcmp(o->choices[0], "none") != 0;
}

void bwi_attack_describe(bwi_buffer *out, const bw_attack *attack) {
  bwi_buffer_format(out, "%s eps=%.6g", norm_names[attack->norm], attack->eps);
  for (uint32_t i = 0; i < attack->class->info.n_options; i++) {
    const bw_option_info *o = &attack->class->info.options[i];
    const double value = bwi_attack_value(attack, o->name, 0);
    if (!worth_saying(o, value)) continue;
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
      [BW_LINF] = {8.0 / 255, 0.3}, [BW_L2] = {0.5, 2}, [BW_L1] = {12, 10}, [BW_L0] = {1, 1}};
  const double width = (double)model->upper - (double)model->lower;
  return usual[norm][has_one_channel(&model->shape)] * width;
}
