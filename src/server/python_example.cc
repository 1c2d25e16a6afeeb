// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "base/log.h"
#include "server/example_input.h"
#include "server/example_request.h"

namespace trireme {
namespace {

constexpr const char* kFunctions = R"(
# The letters that Python's struct has for the types of KServe V2. BYTES and BF16 it does not know.
LETTERS = {"BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "INT8": "b", "INT16": "h",
           "INT32": "i", "INT64": "q", "FP16": "e", "FP32": "f", "FP64": "d"}


def to_bytes(datatype, values):
    if datatype == "BYTES":
        return b"".join(struct.pack("<I", len(value)) + value for value in values)
    if datatype == "BF16":
        return b"".join(struct.pack("<f", value)[2:] for value in values)
    return struct.pack(f"<{len(values)}{LETTERS[datatype]}", *values)


def from_bytes(datatype, data):
    if datatype == "BYTES":
        values = []
        while data:
            end = 4 + struct.unpack_from("<I", data)[0]
            values.append(data[4:end])
            data = data[end:]
        return values
    if datatype == "BF16":
        return [struct.unpack("<f", b"\0\0" + data[i:i + 2])[0] for i in range(0, len(data), 2)]
    return list(struct.unpack(f"<{len(data) // struct.calcsize(LETTERS[datatype])}{LETTERS[datatype]}", data))


def infer(path, *inputs):
    """Sends (name, datatype, shape, values) of each input; the same of each output."""
    tensors = [to_bytes(datatype, values) for _, datatype, _, values in inputs]
    head = json.dumps({
        "inputs": [{"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(tensor)}}
                   for (name, datatype, shape, _), tensor in zip(inputs, tensors)],
        "parameters": {"binary_data_output": True}}).encode()
    request = urllib.request.Request(URL + path, head + b"".join(tensors),
                                     {"Inference-Header-Content-Length": str(len(head)),
                                      "Content-Type": "application/octet-stream"})
    try:
        with urllib.request.urlopen(request) as response:
            body, end = response.read(), int(response.headers["Inference-Header-Content-Length"])
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{path}: {error.code} {error.read().decode()}")
    outputs = []
    for output in json.loads(body[:end])["outputs"]:
        size = output["parameters"]["binary_data_size"]
        outputs.append((output["name"], output["datatype"], output["shape"],
                        from_bytes(output["datatype"], body[end:end + size])))
        end += size
    return outputs


def show(path, *inputs):
    print(path)
    for name, datatype, shape, values in infer(path, *inputs):
        print(f"  {name} {datatype} {shape}: {values[:10]}" + (" ..." if len(values) > 10 else ""))

)";

std::string Value(DataType type) {
  if (type == DataType::kBool) return "True";
  if (type == DataType::kBytes) return "b\"1\"";
  const bool is_float =
      type == DataType::kFp16 || type == DataType::kBf16 || type == DataType::kFp32 || type == DataType::kFp64;
  return is_float ? "1.0" : "1";
}

// What JSON makes of a text is a text in Python too.
std::string Literal(const std::string& text) {
  std::string literal;
  AppendJsonString(literal, text);
  return literal;
}

std::string Call(const ExampleModel& model) {
  if (!FitsAnExample(model)) return "\n# " + model.name + ": even one row of its input is too large for an example.\n";
  std::string call = "\nshow(" + Literal(ExamplePath(model));
  for (const ExampleInput& input : ExampleInputs(model)) {
    call += ",\n     (" + Literal(input.name) + ", \"" + std::string(Name(input.type)) + "\", " +
            input.shape.ToString() + ", [" + Value(input.type) + "] * " + std::to_string(input.elements) + ")";
  }
  return call + ")\n";
}

}  // namespace

std::string PythonExample(const std::string& url, std::span<const ExampleModel> models) {
  std::string program = "import json\nimport struct\nimport urllib.error\nimport urllib.request\n\nURL = ";
  program += Literal(url) + "\n" + kFunctions;
  for (const ExampleModel& model : models) program += Call(model);
  return program;
}

}  // namespace trireme
