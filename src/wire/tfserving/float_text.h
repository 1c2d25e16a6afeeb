// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

namespace trireme::tfserving {

// Floating numbers as TF Serving writes them in JSON: with six significant digits (as printf's %g has them) where that
// reads back as the same number, else with nine (float) or seventeen (double); with a point or an exponent in any case.
// What is no number is NaN, Infinity or -Infinity.
void AppendFloat(std::string& out, float value);
void AppendFloat(std::string& out, double value);

// With ", " between them. Written in pieces, so the text grows in big steps.
void AppendFloats(std::string& out, std::span<const float> values);
void AppendFloats(std::string& out, std::span<const double> values);

}  // namespace trireme::tfserving
