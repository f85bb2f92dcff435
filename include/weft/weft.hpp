#pragma once

// Everything but interop/, which needs other libraries.

#include <weft/core/any_view.hpp>
#include <weft/core/arena.hpp>
#include <weft/core/clock.hpp>
#include <weft/core/config.hpp>
#include <weft/core/error.hpp>
#include <weft/core/function.hpp>
#include <weft/core/parallel.hpp>
#include <weft/core/random.hpp>
#include <weft/core/scratch.hpp>
#include <weft/core/select.hpp>
#include <weft/core/shape.hpp>
#include <weft/core/storage.hpp>
#include <weft/core/tensor.hpp>
#include <weft/core/view.hpp>
#include <weft/core/visit.hpp>

#include <weft/simd/batch.hpp>
#include <weft/simd/exp.hpp>
#include <weft/simd/math.hpp>
#include <weft/simd/normal.hpp>
#include <weft/simd/reduce.hpp>
#include <weft/simd/select.hpp>
#include <weft/simd/tile.hpp>
#include <weft/simd/transpose.hpp>

#include <weft/kernels/activation.hpp>
#include <weft/kernels/attention.hpp>
#include <weft/kernels/attention_head.hpp>
#include <weft/kernels/attention_pattern.hpp>
#include <weft/kernels/column_sum.hpp>
#include <weft/kernels/cross_entropy.hpp>
#include <weft/kernels/elementwise.hpp>
#include <weft/kernels/embedding.hpp>
#include <weft/kernels/gemm.hpp>
#include <weft/kernels/gemm_packed.hpp>
#include <weft/kernels/gemm_panel.hpp>
#include <weft/kernels/gemm_tile.hpp>
#include <weft/kernels/parallel_gemm.hpp>
#include <weft/kernels/layer_norm.hpp>
#include <weft/kernels/log_softmax.hpp>
#include <weft/kernels/optimizer.hpp>
#include <weft/kernels/permute.hpp>
#include <weft/kernels/reduce.hpp>
#include <weft/kernels/rms_norm.hpp>
#include <weft/kernels/rows.hpp>
#include <weft/kernels/softmax.hpp>
#include <weft/kernels/squared_error.hpp>

#include <weft/autograd/gradient_check.hpp>
#include <weft/autograd/gradients.hpp>
#include <weft/autograd/parameter_cache.hpp>
#include <weft/autograd/tape.hpp>
#include <weft/autograd/variable.hpp>

#include <weft/ops/add.hpp>
#include <weft/ops/attention.hpp>
#include <weft/ops/attention_observer.hpp>
#include <weft/ops/axes.hpp>
#include <weft/ops/broadcast.hpp>
#include <weft/ops/concat.hpp>
#include <weft/ops/cross_entropy.hpp>
#include <weft/ops/dropout.hpp>
#include <weft/ops/embedding.hpp>
#include <weft/ops/exp.hpp>
#include <weft/ops/gelu.hpp>
#include <weft/ops/head_results.hpp>
#include <weft/ops/heads.hpp>
#include <weft/ops/layer_norm.hpp>
#include <weft/ops/linear.hpp>
#include <weft/ops/log.hpp>
#include <weft/ops/log_softmax.hpp>
#include <weft/ops/masked_softmax.hpp>
#include <weft/ops/matmul.hpp>
#include <weft/ops/max.hpp>
#include <weft/ops/mean.hpp>
#include <weft/ops/mean_squared_error.hpp>
#include <weft/ops/multiply.hpp>
#include <weft/ops/negate.hpp>
#include <weft/ops/operation.hpp>
#include <weft/ops/permute.hpp>
#include <weft/ops/relu.hpp>
#include <weft/ops/reshape.hpp>
#include <weft/ops/rms_norm.hpp>
#include <weft/ops/scale.hpp>
#include <weft/ops/sigmoid.hpp>
#include <weft/ops/slice.hpp>
#include <weft/ops/softmax.hpp>
#include <weft/ops/square.hpp>
#include <weft/ops/stop_gradient.hpp>
#include <weft/ops/subtract.hpp>
#include <weft/ops/sum.hpp>
#include <weft/ops/tanh.hpp>

#include <weft/probe/cache.hpp>
#include <weft/probe/edit.hpp>
#include <weft/probe/edit_operation.hpp>
#include <weft/probe/edit_source.hpp>
#include <weft/probe/function_edit.hpp>
#include <weft/probe/layout.hpp>
#include <weft/probe/point.hpp>
#include <weft/probe/point_name.hpp>
#include <weft/probe/probes.hpp>
#include <weft/probe/site.hpp>

#include <weft/nn/attention.hpp>
#include <weft/nn/block.hpp>
#include <weft/nn/embedding.hpp>
#include <weft/nn/init.hpp>
#include <weft/nn/layer_norm.hpp>
#include <weft/nn/linear.hpp>
#include <weft/nn/mlp.hpp>
#include <weft/nn/parameter.hpp>
#include <weft/nn/positions.hpp>
#include <weft/nn/rms_norm.hpp>
#include <weft/nn/transformer.hpp>
#include <weft/nn/transformer_config.hpp>
#include <weft/nn/transformer_init.hpp>

#include <weft/interpret/logit_attribution.hpp>
#include <weft/interpret/logit_lens.hpp>
#include <weft/interpret/score_bias.hpp>
#include <weft/interpret/sweep.hpp>

#include <weft/optim/adam.hpp>
#include <weft/optim/adamw.hpp>
#include <weft/optim/clip.hpp>
#include <weft/optim/moments.hpp>
#include <weft/optim/parameters.hpp>
#include <weft/optim/schedule.hpp>
#include <weft/optim/sgd.hpp>

#include <weft/io/extents.hpp>
#include <weft/io/file.hpp>
#include <weft/io/json.hpp>
#include <weft/io/json_reader.hpp>
#include <weft/io/json_value.hpp>
#include <weft/io/npy.hpp>
#include <weft/io/npy_header.hpp>
#include <weft/io/print.hpp>
#include <weft/io/safetensors.hpp>
#include <weft/io/safetensors_file.hpp>

#include <weft/interpret/save_cache.hpp>

#include <weft/train/batches.hpp>
#include <weft/train/environment.hpp>
#include <weft/train/lane_gradients.hpp>
#include <weft/train/lanes.hpp>
#include <weft/train/metrics_log.hpp>
#include <weft/train/microbatches.hpp>
#include <weft/train/progress.hpp>
#include <weft/train/trainer.hpp>

#include <weft/version.hpp>
