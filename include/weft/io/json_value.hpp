#pragma once

#include <weft/core/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::inline WEFT_TARGET::json {

class Value;
struct Member;
using Array = std::vector<Value>;
using Object = std::vector<Member>;  // in the order of the text

// One JSON value; null unless it is made from something.
class Value {
 public:
  Value() = default;
  Value(bool value);
  Value(int value);
  Value(std::int64_t value);
  Value(double value);
  Value(std::string value);
  Value(std::string_view value);
  Value(const char* value);
  Value(Array value);
  Value(Object value);

  // What the value holds; a null pointer where it is of another kind. A number that was written
  // without fraction and exponent, and fits 64 bits, is an integer and not a number.
  const bool* boolean() const { return kind_ == Kind::boolean ? &boolean_ : nullptr; }
  const std::int64_t* integer() const { return kind_ == Kind::integer ? &integer_ : nullptr; }
  const double* number() const { return kind_ == Kind::number ? &number_ : nullptr; }
  const std::string* string() const { return kind_ == Kind::string ? &string_ : nullptr; }
  const Array* array() const { return kind_ == Kind::array ? &array_ : nullptr; }
  const Object* object() const { return kind_ == Kind::object ? &object_ : nullptr; }
  bool is_null() const { return kind_ == Kind::null; }

  // The member of an object with this name; null where there is none.
  const Value* find(std::string_view name) const;

 private:
  enum class Kind : char { null, boolean, integer, number, string, array, object };

  // Plain members and not a variant: a header has few values, and this compiles much faster.
  Kind kind_ = Kind::null;
  bool boolean_ = false;
  std::int64_t integer_ = 0;
  double number_ = 0;
  std::string string_;
  Array array_;
  Object object_;
};

struct Member {
  std::string name;
  Value value;
};

// Here, where Member is complete.
inline Value::Value(bool value) : kind_(Kind::boolean), boolean_(value) {}
inline Value::Value(int value) : kind_(Kind::integer), integer_(value) {}
inline Value::Value(std::int64_t value) : kind_(Kind::integer), integer_(value) {}
inline Value::Value(double value) : kind_(Kind::number), number_(value) {}
inline Value::Value(std::string value) : kind_(Kind::string), string_(std::move(value)) {}
inline Value::Value(std::string_view value) : kind_(Kind::string), string_(value) {}
inline Value::Value(const char* value) : kind_(Kind::string), string_(value) {}
inline Value::Value(Array value) : kind_(Kind::array), array_(std::move(value)) {}
inline Value::Value(Object value) : kind_(Kind::object), object_(std::move(value)) {}

inline const Value* Value::find(std::string_view name) const {
  for (const Member& member : object_)
    if (member.name == name) return &member.value;
  return nullptr;
}

}  // namespace weft::json
