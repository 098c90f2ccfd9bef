"""Training: a request becomes a run folder."""

import os

# By itself TensorFlow takes oneDNN's kernels only where a processor has AVX-512, and trains the released network at two
# thirds of the speed elsewhere (benchmarks/results.md). It asks once, when it is first imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
