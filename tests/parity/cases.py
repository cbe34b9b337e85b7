# SPDX-License-Identifier: Apache-2.0
"""All parity cases."""

import cases_convolution
import cases_elementwise
import cases_fast
import cases_files
import cases_layers
import cases_matrix
import cases_models
import cases_reduce
import cases_shape

CASES = [
    *cases_elementwise.CASES,
    *cases_reduce.CASES,
    *cases_shape.CASES,
    *cases_matrix.CASES,
    *cases_convolution.CASES,
    *cases_layers.CASES,
    *cases_fast.CASES,
    *cases_models.CASES,
    *cases_files.CASES,
]
