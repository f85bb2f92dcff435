#pragma once

#include <weft/core/config.hpp>

#include <memory>
#include <type_traits>
#include <utility>

// Callables without their type. Like std::function, but <functional> takes a tenth of the time that
// xsimd takes to compile, and these next to nothing.

namespace weft::inline WEFT_TARGET {

template <class Signature>
class Function;

// A callable of its own; copies share it. Made without one, it is empty: false as a bool.
//   Function<double(std::size_t)> schedule = [](std::size_t step) { return 1.0 / (1 + step); };
template <class Result, class... Arguments>
class Function<Result(Arguments...)> {
 public:
  Function() = default;
  template <class Callable>
    requires(!std::is_same_v<Callable, Function> &&
             std::is_invocable_r_v<Result, Callable&, Arguments...>)
  Function(Callable callable)
      : callable_(std::make_shared<Callable>(std::move(callable))),
        call_([](void* object, Arguments... arguments) -> Result {
          auto& callee = *static_cast<Callable*>(object);
          return static_cast<Result>(callee(std::forward<Arguments>(arguments)...));
        }) {}

  explicit operator bool() const { return call_ != nullptr; }
  Result operator()(Arguments... arguments) const {
    return call_(callable_.get(), std::forward<Arguments>(arguments)...);
  }

 private:
  std::shared_ptr<void> callable_;
  Result (*call_)(void*, Arguments...) = nullptr;
};

namespace detail {

template <class Signature>
class FunctionView;

// Someone else's callable, which must outlive it.
template <class Result, class... Arguments>
class FunctionView<Result(Arguments...)> {
 public:
  template <class Callable>
    requires(!std::is_same_v<std::remove_cv_t<Callable>, FunctionView>)
  explicit FunctionView(Callable& callable)
      : callable_(const_cast<std::remove_cv_t<Callable>*>(&callable)),
        call_([](void* object, Arguments... arguments) -> Result {
          auto& callee = *static_cast<Callable*>(object);
          return static_cast<Result>(callee(std::forward<Arguments>(arguments)...));
        }) {}

  Result operator()(Arguments... arguments) const {
    return call_(callable_, std::forward<Arguments>(arguments)...);
  }

 private:
  void* callable_;
  Result (*call_)(void*, Arguments...);
};

}  // namespace detail

}  // namespace weft
