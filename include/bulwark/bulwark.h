/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything: load a model and data, attack, evaluate, report. See examples/evaluate.c.
 */
#ifndef BULWARK_BULWARK_H
#define BULWARK_BULWARK_H

#include <bulwark/age.h>
#include <bulwark/array.h>
#include <bulwark/attack.h>
#include <bulwark/audit.h>
#include <bulwark/dataset.h>
#include <bulwark/evaluation.h>
#include <bulwark/fetch.h>
#include <bulwark/gate.h>
#include <bulwark/log.h>
#include <bulwark/model.h>
#include <bulwark/progress.h>
#include <bulwark/records.h>
#include <bulwark/seal.h>
#include <bulwark/status.h>

#endif
