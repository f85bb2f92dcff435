#include "construction.hpp"

#include <weft/core/error.hpp>

#include <cmath>

namespace contextual_recall {

namespace {

std::size_t index(int value) { return static_cast<std::size_t>(value); }

// The rows become unit vectors of a block that begins at this feature.
void write_units(Matrix& matrix, std::size_t begin) {
  for (std::size_t row = 0; row < matrix.shape(0); ++row) matrix(row, begin + row) = 1;
}

// The rows become N(0, 1 / count) in a block of so many features.
void write_normal(Matrix& matrix, std::size_t begin, std::size_t count, weft::Random random) {
  const double deviation = 1 / std::sqrt(static_cast<double>(count));
  for (std::size_t row = 0; row < matrix.shape(0); ++row)
    for (std::size_t j = 0; j < count; ++j)
      matrix(row, begin + j) = deviation * random.normal_double();
}

// Zeros, with the token and output blocks `dimension` wide.
Embeddings empty_embeddings(const WorldSize& size, std::size_t dimension) {
  const std::size_t types = index(size.types);
  const std::size_t width = 2 * dimension + size.positions() + types;
  return {.tokens = xt::zeros<double>({size.vocabulary(), width}),
          .positions = xt::zeros<double>({size.positions(), width}),
          .types = xt::zeros<double>({types, width}),
          .outputs = xt::zeros<double>({size.vocabulary(), width})};
}

// Adds factor times a row of vectors to a column, or to a row.
void add_to_column(Matrix& matrix, std::size_t column, double factor, const Matrix& vectors,
                   std::size_t row) {
  for (std::size_t i = 0; i < vectors.shape(1); ++i) matrix(i, column) += factor * vectors(row, i);
}
void add_to_row(Matrix& matrix, std::size_t to, const Matrix& vectors, std::size_t row) {
  for (std::size_t i = 0; i < vectors.shape(1); ++i) matrix(to, i) += vectors(row, i);
}

// Writes the heads of one construction.
class Writer {
 public:
  Writer(const World& world, const Embeddings& embeddings, const ConstructionOptions& options)
      : world_(world), size_(world.size()), embeddings_(embeddings), options_(options) {}

  // Attends to what tells the type, and writes row t of `outputs`, (type, width), for type t.
  MatrixHead type_head(const Matrix& outputs) const {
    const double beta = options_.attention;
    const std::size_t everywhere = index(size_.tuples), types = index(size_.types);
    MatrixHead head = empty_head(everywhere + 1, types);
    read_position(head.query, everywhere);
    for (std::size_t position = 1; position < size_.positions(); ++position) {
      add_to_column(head.query, tuple_of(position), 1, embeddings_.positions, position);
      add_to_column(head.key, tuple_of(position), 2 * beta, embeddings_.positions, position);
    }
    add_to_column(head.key, everywhere, 2.5 * beta, embeddings_.tokens, index(Vocabulary::bos));
    for (int type = 0; type < size_.types; ++type) {
      const auto reads = [&](int token, double score) {
        add_to_column(head.key, everywhere, score, embeddings_.tokens, index(token));
        add_to_column(head.value, index(type), 1, embeddings_.tokens, index(token));
      };
      for (int i = 0; i < size_.typed_grammar; ++i) reads(vocabulary().typed(type, i), 2 * beta);
      for (int value = 0; value < size_.values && options_.edited; ++value)
        reads(vocabulary().attribute(type, value), 3 * beta);
    }
    head.output = outputs;
    return head;
  }

  // Gives the value of the own tuple's subject for a type if the latent is that type's code.
  MatrixHead fact_head(int type) const {
    const std::size_t everywhere = index(size_.tuples), latent = everywhere + 1;
    MatrixHead head = empty_head(latent + 1, index(size_.values));
    read_own_subject(head);
    read_position(head.query, everywhere);
    add_to_column(head.key, everywhere, options_.mask + options_.rest, embeddings_.positions, 0);
    add_to_column(head.query, latent, 1, embeddings_.types, index(type));
    for (std::size_t slot = 1; slot < size_.positions(); slot += tuple_length)
      add_to_column(head.key, latent, options_.gate, embeddings_.positions, slot);
    for (int subject = 0; subject < size_.subjects; ++subject)
      add_to_column(head.value, index(value_of(subject, type)), 1, embeddings_.tokens,
                    index(vocabulary().subject(subject)));
    for (int value = 0; value < size_.values; ++value)
      add_to_row(head.output, index(value), embeddings_.outputs,
                 index(vocabulary().attribute(type, value)));
    return head;
  }

  // Gives all attributes of the own tuple's subject.
  MatrixHead subject_head() const {
    MatrixHead head = empty_head(index(size_.tuples), index(size_.types * size_.values));
    read_own_subject(head);
    for (int type = 0; type < size_.types; ++type) {
      for (int subject = 0; subject < size_.subjects; ++subject)
        add_to_column(head.value, index(type * size_.values + value_of(subject, type)), 1,
                      embeddings_.tokens, index(vocabulary().subject(subject)));
      for (int value = 0; value < size_.values; ++value)
        add_to_row(head.output, index(type * size_.values + value), embeddings_.outputs,
                   index(vocabulary().attribute(type, value)));
    }
    return head;
  }

  // All attributes of each type, (type, width).
  Matrix attributes_by_type() const {
    Matrix result = xt::zeros<double>(embeddings_.types.shape());
    for (int type = 0; type < size_.types; ++type)
      for (int value = 0; value < size_.values; ++value)
        add_to_row(result, index(type), embeddings_.outputs,
                   index(vocabulary().attribute(type, value)));
    return result;
  }

  MatrixTransformer around(std::vector<std::vector<MatrixHead>> layers) const {
    Matrix unembed = options_.logit * xt::transpose(embeddings_.outputs);
    return {embeddings_.tokens, embeddings_.positions, std::move(layers), std::move(unembed)};
  }

 private:
  const Vocabulary& vocabulary() const { return world_.vocabulary(); }
  static std::size_t tuple_of(std::size_t position) { return (position - 1) / tuple_length; }

  int value_of(int subject, int type) const {
    return world_.fact(subject, type) - vocabulary().attribute(type, 0);
  }

  MatrixHead empty_head(std::size_t scores, std::size_t values) const {
    const std::size_t width = embeddings_.tokens.shape(1);
    return {xt::zeros<double>({width, scores}), xt::zeros<double>({width, scores}),
            xt::zeros<double>({width, values}), xt::zeros<double>({values, width})};
  }

  // A column that is 1 at every position.
  void read_position(Matrix& query, std::size_t column) const {
    for (std::size_t position = 0; position < size_.positions(); ++position)
      add_to_column(query, column, 1, embeddings_.positions, position);
  }

  // A score of `mask` for the subject slot of the tuple that the query is in.
  void read_own_subject(MatrixHead& head) const {
    for (std::size_t position = 1; position < size_.positions(); ++position)
      add_to_column(head.query, tuple_of(position), 1, embeddings_.positions, position);
    for (std::size_t slot = 1; slot < size_.positions(); slot += tuple_length)
      add_to_column(head.key, tuple_of(slot), options_.mask, embeddings_.positions, slot);
  }

  const World& world_;
  const WorldSize& size_;
  const Embeddings& embeddings_;
  ConstructionOptions options_;
};

}  // namespace

Embeddings orthonormal_embeddings(const WorldSize& size) {
  const std::size_t tokens = size.vocabulary();
  Embeddings result = empty_embeddings(size, tokens);
  write_units(result.tokens, 0);
  write_units(result.positions, tokens);
  write_units(result.types, tokens + size.positions());
  write_units(result.outputs, tokens + size.positions() + index(size.types));
  return result;
}

Embeddings gaussian_embeddings(const WorldSize& size, std::size_t dimension,
                               const weft::Random& random) {
  if (dimension == 0) weft::fail("gaussian_embeddings", "there must be a dimension or more");
  Embeddings result = empty_embeddings(size, dimension);
  write_normal(result.tokens, 0, dimension, random.fork("tokens"));
  write_units(result.positions, dimension);
  write_units(result.types, dimension + size.positions());
  write_normal(result.outputs, dimension + size.positions() + index(size.types), dimension,
               random.fork("outputs"));
  return result;
}

MatrixTransformer construct_two_layers(const World& world, const Embeddings& embeddings,
                                       const ConstructionOptions& options) {
  const Writer writer(world, embeddings, options);
  std::vector<MatrixHead> fact_heads;
  for (int type = 0; type < world.size().types; ++type)
    fact_heads.push_back(writer.fact_head(type));
  return writer.around({{writer.type_head(embeddings.types)}, std::move(fact_heads)});
}

MatrixTransformer construct_one_layer(const World& world, const Embeddings& embeddings,
                                      const ConstructionOptions& options) {
  const Writer writer(world, embeddings, options);
  return writer.around({{writer.subject_head(), writer.type_head(writer.attributes_by_type())}});
}

}  // namespace contextual_recall
