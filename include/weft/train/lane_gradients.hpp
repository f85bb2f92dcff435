#pragma once

#include <weft/autograd/gradients.hpp>
#include <weft/core/parallel.hpp>
#include <weft/core/visit.hpp>
#include <weft/kernels/elementwise.hpp>
#include <weft/train/communicator.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace weft::inline WEFT_TARGET::inline WEFT_THREADS {

// The gradients that the lanes of a step collect for one model's parameters, and their sum.
//
// The sum is a tree: lane i takes lane i + stride for stride 1, 2, 4, ..., whatever the number of
// threads and whichever lane ends first, so it has the same bits always. Two lanes are added by the
// thread that ends the second of them, and the memory of one, which is in its cache, goes to the
// next lane: 3 % of a training step faster than a sum of all at the end. Memory for every lane is
// asked for when the object is made, but what is never lent is never touched. The parameters must
// stay where they are.
class LaneGradients {
 public:
  // threads: how many will run lanes at once.
  LaneGradients(const std::vector<AnyParameter>& parameters, std::size_t lanes, int threads)
      : buffers_(lanes), sums_(lanes) {
    for (const AnyParameter& parameter : parameters) {
      add_parameter<float>(parameter);
      add_parameter<double>(parameter);
    }
    for (Gradients& buffer : buffers_) {
      buffer.reserve(parameters_.size(), parameter_bytes());
      for (const Parameter& parameter : parameters_)
        slots_.push_back(parameter.make_slot(buffer, parameter));
      buffer.close();  // what else a loss depends on has no sum over lanes
    }
    while (early_lanes_ * 2 * static_cast<std::size_t>(threads) <= lanes) early_lanes_ *= 2;
    free_.reserve(lanes);
    forget_lanes();
  }

  // The sum of all lanes, and what it held before.
  Gradients& total() { return buffers_[0]; }

  // Where a lane is to collect its gradients: empty, but for lane 0, which goes on with the total.
  Gradients& lend(std::size_t lane) {
    std::size_t buffer = 0;
    if (lane > 0)
      detail::one_at_a_time([&] {
        buffer = free_.back();
        free_.pop_back();
      });
    sums_[lane].buffer = buffer;
    return buffers_[buffer];
  }

  // Says that a lane has collected all. Adds it to its neighbours where these are done, up to so
  // many lanes that there is one sum left for each thread: those are better added by all threads.
  void finish(std::size_t lane) {
    std::size_t first = lane, size = 1;
    while (!waits(first, size)) {
      const std::size_t second = first | size;
      first &= ~size;
      add_buffer(sums_[first].buffer, sums_[second].buffer);
      detail::one_at_a_time([&] { free_.push_back(sums_[second].buffer); });
      size *= 2;
    }
  }

  // Adds up what finish() left, into the total.
  void sum(int threads) {
    parallel_for(pieces_.size(), threads, [&](std::size_t index, int) {
      sum_tree(pieces_[index], 0, lanes());
    });
    for (std::size_t lane = 1; lane < lanes(); ++lane)
      if (sums_[lane].lanes > 0) take_written(0, sums_[lane].buffer);
    forget_lanes();
  }

  // Adds the totals of all ranks, each the sum of as many lanes: the same tree one level up after
  // the other, by recursive doubling, so that every rank ends with the same bits. Each sends
  // log2(ranks) times the bytes of all gradients.
  void sum_ranks(const Communicator& communicator) {
    const std::size_t flags = parameters_.size();
    std::size_t bytes = flags;
    for (const Parameter& parameter : parameters_) bytes = aligned(bytes) + parameter.bytes;
    sent_.resize(bytes);
    received_.resize(bytes);
    for (std::size_t stride = 1; stride < communicator.ranks; stride *= 2) {
      for_each_parameter_in(sent_, [&](std::size_t i, char* piece) {
        sent_[i] = slot(0, i)->written;
        if (slot(0, i)->written) std::memcpy(piece, slot(0, i)->data, parameters_[i].bytes);
      });
      communicator.exchange(communicator.rank ^ stride, sent_.data(), received_.data(), bytes);
      for_each_parameter_in(received_, [&](std::size_t i, char* piece) {
        if (received_[i] == 0) return;
        GradientSlot& total = *slot(0, i);
        parameters_[i].add({piece, true}, total, 0, parameters_[i].count,
                           total.written ? Write::add : Write::store);
        total.written = true;
      });
    }
  }

  // Bytes of the values whose gradients these are.
  std::size_t parameter_bytes() const {
    std::size_t bytes = 0;
    for (const Parameter& parameter : parameters_) bytes += parameter.bytes;
    return bytes;
  }

  // What to say of the parameters where a loss is not finite: the first of them that is not either,
  // else the one with the greatest element.
  std::string least_finite() const {
    std::string found;
    double greatest = -1;
    for (const Parameter& parameter : parameters_)
      for (std::size_t i = 0; i < parameter.count; ++i) {
        const double value = std::abs(parameter.element(parameter.value, i));
        if (value <= greatest) continue;
        found = parameter.path + ", element " + std::to_string(i) + ", " + std::to_string(value);
        if (!std::isfinite(value)) return "parameter not finite: " + found;
        greatest = value;
      }
    return "every parameter is finite, the greatest in magnitude: " + found;
  }

  // Forgets the total and what the lanes of a step that failed collected.
  void clear() {
    for (Gradients& buffer : buffers_) buffer.clear();
    forget_lanes();
  }

  // Freezes, or unfreezes, the parameters whose path the predicate is true of; returns how many.
  template <class Predicate>
  std::size_t freeze(Predicate&& predicate, bool frozen) {
    std::size_t found = 0;
    for (const Parameter& parameter : parameters_) {
      if (!predicate(std::string_view(parameter.path))) continue;
      for (Gradients& buffer : buffers_) buffer.freeze(parameter.value, frozen);
      ++found;
    }
    return found;
  }
  void freeze_for_optimizer(const void* value, bool frozen) {
    for (Gradients& buffer : buffers_) buffer.freeze_for_optimizer(value, frozen);
  }

 private:
  struct Parameter {
    std::string path;
    const void* value;
    std::size_t count, bytes;
    double (*element)(const void* value, std::size_t index);
    GradientSlot* (*make_slot)(Gradients&, const Parameter&);
    void (*add)(const GradientSlot& source, const GradientSlot& target, std::size_t begin,
                std::size_t count, Write write);
  };
  // Elements [begin, begin + count) of one parameter: what one thread sums at a time.
  struct Piece {
    std::size_t parameter, begin, count;
  };
  // The sum of `lanes` lanes from one on, complete and waiting where lanes > 0.
  struct Sum {
    std::size_t buffer = 0, lanes = 0;
  };
  // Small enough for the partial sums of the tree to stay in the first-level cache.
  static constexpr std::size_t piece_size = 1024;

  // Nothing where its elements are not of type T.
  template <class T>
  void add_parameter(const AnyParameter& parameter) {
    const std::size_t count = parameter.shape.size();
    if (parameter.type != &type_tag<T> || count == 0) return;
    for (const Parameter& other : parameters_)
      if (other.value == parameter.data) return;  // shared by two modules
    const auto make_slot = [](Gradients& lane, const Parameter& its) {
      return lane.slot(static_cast<const T*>(its.value), its.count);
    };
    for (std::size_t begin = 0; begin < count; begin += piece_size)
      pieces_.push_back({parameters_.size(), begin, std::min(piece_size, count - begin)});
    const auto element = [](const void* values, std::size_t index) {
      return static_cast<double>(static_cast<const T*>(values)[index]);
    };
    parameters_.push_back({parameter.path, parameter.data, count, count * sizeof(T), element,
                           make_slot, &add<T>});
  }

  // target += source, or target = source, for a piece of one parameter.
  template <class T>
  static void add(const GradientSlot& source, const GradientSlot& target, std::size_t begin,
                  std::size_t count, Write write) {
    kernels::copy(count, static_cast<const T*>(source.data) + begin,
                  static_cast<T*>(target.data) + begin, write);
  }

  // Whether the sum of so many lanes from `first` on has to wait: for its neighbour, or for sum().
  // If not, the neighbour waits no more.
  bool waits(std::size_t first, std::size_t size) {
    bool result = true;
    detail::one_at_a_time([&] {
      result = size >= early_lanes_ || sums_[first ^ size].lanes != size;
      if (result) sums_[first].lanes = size;
      else sums_[first ^ size].lanes = 0;
    });
    return result;
  }

  void add_buffer(std::size_t target, std::size_t source) {
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      if (slot(source, i)->written)
        parameters_[i].add(*slot(source, i), *slot(target, i), 0, parameters_[i].count,
                           slot(target, i)->written ? Write::add : Write::store);
    take_written(target, source);
  }

  // The flags of target += source.
  void take_written(std::size_t target, std::size_t source) {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      slot(target, i)->written |= slot(source, i)->written;
      slot(source, i)->written = false;
    }
  }

  // Sums a piece over the sums that wait among `count` lanes from `first` on, into the first of
  // them; false where none of those lanes collected anything, or none was run.
  bool sum_tree(const Piece& piece, std::size_t first, std::size_t count) {
    const GradientSlot& target = *slot(sums_[first].buffer, piece.parameter);
    if (sums_[first].lanes == count) return target.written;
    if (count == 1) return false;
    const std::size_t second = first + count / 2;
    const bool has_first = sum_tree(piece, first, count / 2);
    const bool has_second = sum_tree(piece, second, count / 2);
    if (has_second)
      parameters_[piece.parameter].add(*slot(sums_[second].buffer, piece.parameter), target,
                                       piece.begin, piece.count,
                                       has_first ? Write::add : Write::store);
    return has_first || has_second;
  }

  void forget_lanes() {
    free_.clear();
    for (std::size_t buffer = lanes(); buffer-- > 1;) free_.push_back(buffer);
    for (Sum& sum : sums_) sum = {};
  }

  static std::size_t aligned(std::size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  }
  // Calls function(i, piece) for each parameter with its place in a message, which begins with a
  // flag for each.
  template <class Function>
  void for_each_parameter_in(std::string& message, Function function) {
    std::size_t place = parameters_.size();
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      place = aligned(place);
      function(i, message.data() + place);
      place += parameters_[i].bytes;
    }
  }

  std::size_t lanes() const { return buffers_.size(); }
  GradientSlot* slot(std::size_t buffer, std::size_t parameter) const {
    return slots_[buffer * parameters_.size() + parameter];
  }

  std::vector<Gradients> buffers_;    // the first is the total's
  std::vector<std::size_t> free_;     // buffers to lend, the one used last at the end
  std::vector<Sum> sums_;             // by first lane
  std::size_t early_lanes_ = 1;       // sums of so many lanes are formed as the lanes end
  std::vector<Parameter> parameters_;
  std::vector<GradientSlot*> slots_;  // by buffer and parameter
  std::vector<Piece> pieces_;
  std::string sent_, received_;       // messages to and from other ranks
};

}  // namespace weft
