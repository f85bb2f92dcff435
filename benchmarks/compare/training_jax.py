"""The training that is compared, in JAX: one jitted step with donated buffers.

    training_jax.py FOLDER

XLA takes as many threads as the process may use cores, which compare.py sees to. It tries the ways
of computing the same that it knows, keeps the fastest, and then serves it.
"""

import itertools
import sys
from functools import partial

import jax
import jax.numpy as jnp

import training_data
import worker

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
LEARNING_RATE, WEIGHT_DECAY, CLIP_NORM = 3e-3, 0.01, 1.0


def first_parameters(data):
    """weft's weights, query, key and value in one matrix."""
    layers = [{"qkv": data.qkv(layer), "output": data.weights[f"blocks.{layer}.attn.output.weight"]}
              for layer in range(data.layers)]
    parameters = {name: data.weights[f"{name}.weight"]
                  for name in ("embed", "pos_embed", "unembed")}
    return jax.tree.map(jnp.array, parameters | {"blocks": layers})


def attend(q, k, v):
    """Causal attention written out; all are (batch, position, head, feature)."""
    positions, width = q.shape[1], q.shape[3]
    scores = jnp.einsum("bqhf,bkhf->bhqk", q, k) * width ** -0.5
    mask = jnp.tril(jnp.ones((positions, positions), bool))
    return jnp.einsum("bhqk,bkhf->bqhf", jax.nn.softmax(jnp.where(mask, scores, -jnp.inf)), v)


def logits_of(parameters, tokens, heads, written_out):
    x = parameters["embed"][tokens] + parameters["pos_embed"]
    for block in parameters["blocks"]:
        q, k, v = (part.reshape(*x.shape[:2], heads, -1)
                   for part in jnp.split(x @ block["qkv"], 3, axis=-1))
        z = attend(q, k, v) if written_out else \
            jax.nn.dot_product_attention(q, k, v, is_causal=True)
        x = x + z.reshape(x.shape) @ block["output"]
    return x @ parameters["unembed"]


def mean_loss(parameters, tokens, targets, heads, written_out):
    log_pattern = jax.nn.log_softmax(logits_of(parameters, tokens, heads, written_out))
    return -jnp.take_along_axis(log_pattern, targets[..., None], axis=-1).mean()


def clipped(gradients):
    squares = sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradients))
    factor = jnp.minimum(1, CLIP_NORM / (jnp.sqrt(squares) + 1e-6))
    return jax.tree.map(lambda g: factor * g, gradients)


def adamw(x, mean, square, steps):
    """AdamW as PyTorch and weft have it."""
    root = jnp.sqrt(square / (1 - BETA2 ** steps)) + EPSILON
    update = mean / (1 - BETA1 ** steps) / root
    return (1 - LEARNING_RATE * WEIGHT_DECAY) * x - LEARNING_RATE * update


def training_step(state, tokens, targets, heads, written_out):
    loss, gradients = jax.value_and_grad(mean_loss)(state["parameters"], tokens, targets, heads,
                                                    written_out)
    gradients = clipped(gradients)
    steps = state["steps"] + 1
    mean = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, state["mean"], gradients)
    square = jax.tree.map(lambda s, g: BETA2 * s + (1 - BETA2) * g * g, state["square"], gradients)
    parameters = jax.tree.map(lambda *arrays: adamw(*arrays, steps), state["parameters"], mean,
                              square)
    return {"parameters": parameters, "mean": mean, "square": square, "steps": steps}, loss


class Training:
    """The state of a training and the batches, which come round and round."""

    def __init__(self, data, written_out):
        self.data = data
        self.variant = "attention written out" if written_out else "jax.nn.dot_product_attention"
        step = partial(training_step, heads=data.heads, written_out=written_out)
        self.jitted_step = jax.jit(step, donate_argnums=0)
        self.restart()

    def restart(self):
        """Back to the first weights, with a new optimiser."""
        parameters = first_parameters(self.data)
        self.state = {"parameters": parameters,
                      "mean": jax.tree.map(jnp.zeros_like, parameters),
                      "square": jax.tree.map(jnp.zeros_like, parameters),
                      "steps": jnp.zeros(())}
        batches = [jax.device_put(batch) for batch in zip(self.data.tokens, self.data.targets)]
        self.batches = itertools.cycle(batches)

    def step(self):
        self.state, loss = self.jitted_step(self.state, *next(self.batches))
        return loss


def main():
    data = training_data.load(sys.argv[1])
    training = worker.fastest([Training(data, written_out) for written_out in (False, True)])
    training.restart()
    worker.serve_training(training.step, training.variant)


if __name__ == "__main__":
    main()
