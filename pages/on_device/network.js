"use strict";
// Runs a network that is told in steps (fer_core/on_device/program.py) with the operations of TensorFlow.js.

// IEEE 754 half precision to numbers.
function fromHalf(halves) {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

function readProgram(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (head.format !== 1) throw new Error(`format ${head.format}`);
  for (const step of head.steps) {
    for (const [name, place] of Object.entries(step.weights ?? {})) {
      const count = place.shape.reduce((a, b) => a * b, 1);
      const at = 4 + length + place.at;
      const values =
        place.type === "float16"
          ? fromHalf(new Uint16Array(buffer, at, count))
          : new Float32Array(buffer.slice(at, at + 4 * count));
      step.weights[name] = { values, shape: place.shape };
    }
  }
  return head;
}

class Network {
  constructor(tf, buffer) {
    this.tf = tf;
    const head = readProgram(buffer);
    this.notes = head.notes;
    this.outputs = head.outputs;
    this.steps = head.steps.map((step) => ({ ...step, settings: step.settings ?? {}, weights: this.#onto(step) }));
  }

  // The weights where the backend wants them; what multiplies a filter goes into the filter.
  #onto(step) {
    const weights = {};
    const found = step.weights ?? {};
    if (found.scale) {
      const { values } = found.kernel;
      const scale = found.scale.values;
      for (let i = 0; i < values.length; i++) values[i] *= scale[i % scale.length];
    }
    for (const [name, { values, shape }] of Object.entries(found)) {
      if (name === "scale") continue;
      const whole = step.operation === "depthwise" && name === "kernel" ? [...shape, 1] : shape;
      weights[name] = this.tf.tensor(values, whole, "float32");
    }
    return weights;
  }

  // What comes out for pictures (N, H, W, C): an array of arrays of numbers with their shapes.
  run(values, shape) {
    const tf = this.tf;
    return tf.tidy(() => {
      const known = { input: tf.tensor(values, shape, "float32") };
      for (const step of this.steps) known[step.output] = this.#step(step, step.inputs.map((name) => known[name]));
      return this.outputs.map((name) => ({ values: known[name].dataSync(), shape: known[name].shape }));
    });
  }

  #step({ operation, settings, weights }, [x, other]) {
    const tf = this.tf;
    const activation = settings.relu ? "relu" : "linear";
    const relued = (y) => (settings.relu ? tf.relu(y) : y);
    switch (operation) {
      case "convolve":
        return tf.fused.conv2d({
          x,
          filter: weights.kernel,
          strides: settings.stride ?? 1,
          pad: settings.pad,
          bias: weights.bias,
          activation,
        });
      case "depthwise":
        return tf.fused.depthwiseConv2d({
          x,
          filter: weights.kernel,
          strides: 1,
          pad: "same",
          bias: weights.bias,
          activation,
        });
      case "dense": {
        const width = x.shape[x.shape.length - 1];
        const flat = tf.matMul(tf.reshape(x, [-1, width]), weights.kernel);
        const y = weights.bias ? tf.add(flat, weights.bias) : flat;
        return relued(tf.reshape(y, [...x.shape.slice(0, -1), weights.kernel.shape[1]]));
      }
      case "pool":
        return tf.maxPool(x, 2, 2, "valid");
      case "mean":
        return tf.mean(x, [1, 2]);
      case "add":
        return relued(tf.add(x, other));
      case "enlarge":
        return tf.image.resizeNearestNeighbor(x, [2 * x.shape[1], 2 * x.shape[2]]);
      case "multiply":
        return tf.mul(x, settings.factor);
      case "standardise": {
        const centred = tf.sub(x, tf.mean(x, [1, 2, 3], true));
        const variance = tf.mean(tf.square(centred), [1, 2, 3], true);
        return tf.div(centred, tf.sqrt(tf.add(variance, settings.epsilon)));
      }
      case "reshape":
        return tf.reshape(x, [x.shape[0], ...settings.shape]);
      case "permute":
        return tf.transpose(x, [0, ...settings.axes]);
      case "relu":
        return tf.relu(x);
      case "sigmoid":
        return tf.sigmoid(x);
      case "softmax":
        return tf.softmax(x);
      default:
        throw new Error(`no operation ${operation}`);
    }
  }
}
