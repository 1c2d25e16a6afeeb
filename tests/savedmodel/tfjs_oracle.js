// SPDX-License-Identifier: Apache-2.0
// What TensorFlow.js gives for a graph: tfjs_oracle.js TF_MIN_JS < WISH > ANSWER, both JSON. A wish has a graph model as
// tf.io.fromMemory takes it, its weights in Base64, and inputs and outputs by tensor names.
'use strict';
const fs = require('fs');
const tf = require(require('path').resolve(process.argv[2]));

async function main() {
  const wish = JSON.parse(fs.readFileSync(0, 'utf8'));
  await tf.setBackend('cpu');
  const weights = Buffer.from(wish.weights, 'base64');
  const model = await tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: wish.topology,
    weightSpecs: wish.specs,
    weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
  }));
  const inputs = {};
  for (const [name, input] of Object.entries(wish.inputs)) {
    inputs[name] = tf.tensor(input.data, input.shape, input.dtype || 'float32');
  }
  const answer = {};
  for (const name of wish.outputs) {
    const output = await model.executeAsync(inputs, name);
    answer[name] = {shape: output.shape, data: Array.from(await output.data())};
  }
  process.stdout.write(JSON.stringify(answer));
}

main();
