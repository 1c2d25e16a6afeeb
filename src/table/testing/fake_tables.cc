// SPDX-License-Identifier: Apache-2.0
#include "table/testing/fake_tables.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

namespace trireme::table {
namespace {

struct Texts {
  std::vector<std::vector<std::string_view>> columns;
  std::vector<std::vector<uint64_t>> valid;
};

class FakeWriter final : public Writer {
 public:
  FakeWriter(const WriterSpec& spec, std::shared_ptr<bool> is_full) : spec_(spec), is_full_(std::move(is_full)) {
    for (const Column& column : spec.columns) line_ << (line_.tellp() > 0 ? " " : "") << column.name;
    if (spec.header && spec.format == Format::kCsv) out_ << line_.str() << "\n";
  }

  Status Append(const Batch& batch) override {
    for (size_t row = 0; row < batch.rows; ++row) {
      for (size_t i = 0; i < batch.columns.size(); ++i) {
        out_ << (i == 0 ? "" : " ");
        if (batch.columns[i].type == ColumnType::kText) {
          out_ << batch.columns[i].At<std::string_view>(row);
        } else {
          out_ << batch.columns[i].At<float>(row);
        }
      }
      out_ << "\n";
    }
    return {};
  }

  Status Close() override {
    std::ofstream(spec_.file) << out_.str();
    return *is_full_ ? Unavailable("No space left on device") : Status();
  }

 private:
  const WriterSpec spec_;
  const std::shared_ptr<bool> is_full_;  // shared with the tables
  std::ostringstream line_;
  std::ostringstream out_;
};

}  // namespace

class FakeReader final : public Reader {
 public:
  FakeReader(const FakeSource& source, std::vector<size_t> columns) : source_(source), columns_(std::move(columns)) {}

  Result<Batch> Next() override {
    const size_t rows = std::min(source_.batch_rows_, source_.rows_.size() - next_);
    auto texts = std::make_shared<Texts>();
    texts->columns.resize(columns_.size());
    texts->valid.resize(columns_.size());
    Batch batch{.rows = rows, .columns = {}, .keep_alive = texts};
    for (size_t i = 0; i < columns_.size(); ++i) {
      texts->valid[i].resize(rows / 64 + 1);
      for (size_t row = 0; row < rows; ++row) {
        const std::optional<std::string>& value = source_.rows_[next_ + row][columns_[i]];
        texts->columns[i].push_back(value ? std::string_view(*value) : std::string_view());
        if (value) texts->valid[i][row / 64] |= uint64_t{1} << (row % 64);
      }
      batch.columns.push_back({.type = ColumnType::kText,
                               .values = texts->columns[i].data(),
                               .stride = sizeof(std::string_view),
                               .valid = texts->valid[i].data()});
    }
    next_ += rows;
    return batch;
  }

  std::optional<double> Progress() override { return std::nullopt; }
  Result<BadLines> Skipped(size_t) override { return BadLines(); }
  void Cancel() override {}

 private:
  const FakeSource& source_;
  const std::vector<size_t> columns_;
  size_t next_ = 0;
};

FakeSource::FakeSource(std::vector<std::string> names, std::vector<Row> rows, size_t batch_rows)
    : rows_(std::move(rows)), batch_rows_(batch_rows) {
  for (std::string& name : names) columns_.push_back({.name = std::move(name)});
}

Result<std::unique_ptr<Reader>> FakeSource::Read(const ReadRules& rules) {
  std::vector<size_t> columns;
  for (const ColumnWish& wish : rules.columns) {
    const auto found = std::ranges::find(columns_, wish.name, &Column::name);
    if (found == columns_.end()) return NotFound(wish.name);
    columns.push_back(static_cast<size_t>(found - columns_.begin()));
  }
  return std::unique_ptr<Reader>(std::make_unique<FakeReader>(*this, std::move(columns)));
}

Result<std::unique_ptr<Writer>> FakeTables::Create(const WriterSpec& spec) {
  return std::unique_ptr<Writer>(std::make_unique<FakeWriter>(spec, is_full_));
}

Status FakeTables::JoinParquet(const std::vector<std::filesystem::path>& parts, const std::filesystem::path& file) {
  std::ofstream out(file);
  for (const std::filesystem::path& part : parts) out << std::ifstream(part).rdbuf();
  return {};
}

}  // namespace trireme::table
