#include "rcs-options/asking.hpp"

#include <cstdio>
#include <ctime>

#include "cli/progress.hpp"
#include "rcs-options/report.hpp"

namespace rcs::options {
namespace {

using cli::Exit;

constexpr core::Duration kProgressEvery = std::chrono::milliseconds(100);
constexpr std::size_t kSummaryFrom = 20;  // contacts: more than fit a screen

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string local_time() {
  const auto now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

class Asking {
 public:
  Asking(net::Loop& loop, const Options& options, std::vector<std::string> contacts, Asker& asker,
         const bool& interrupted)
      : loop_(loop),
        options_(options),
        asker_(asker),
        interrupted_(interrupted),
        progress_(!options.common.quiet && !options.common.json && contacts.size() > 1) {
    for (auto& contact : contacts) rows_.push_back({std::move(contact), {}, false});
  }

  Exit run() {
    ask_round();
    print_all();
    const auto first = exit_of(rows_);
    while (options_.watch && !interrupted_) {
      loop_.run_until([] { return false; }, *options_.watch);
      if (interrupted_) break;
      const auto before = rows_;
      ask_round();
      if (!interrupted_) print_changes(before);
    }
    return first;
  }

 private:
  /// Asks for every contact and waits, as long as answers come.
  void ask_round() {
    ++round_;
    started_ = loop_.now();
    next_ = heard_ = 0;
    for (auto& row : rows_) row.heard = false;
    fill();
    while (heard_ < rows_.size()) {
      const auto before = heard_;
      if (loop_.run_until([&] { return heard_ != before; }, options_.common.timeout())) continue;
      give_up();
      break;
    }
    progress_.clear();
  }

  void fill() {
    // An answer may come within the call: whoever is filling then goes on with the loop.
    if (filling_) return;
    filling_ = true;
    while (next_ < rows_.size() && next_ - heard_ < options_.parallel) {
      const auto index = next_++;
      asker_.ask(
          rows_[index].contact, options_.fresh || round_ > 1,
          [this, index, round = round_](Answer answer) { on_answer(round, index, std::move(answer)); });
    }
    filling_ = false;
  }

  void on_answer(unsigned round, std::size_t index, Answer answer) {
    auto& row = rows_[index];
    if (round != round_ || row.heard) return;  // after we gave up
    take(row, std::move(answer));
    row.heard = true;
    ++heard_;
    if (options_.common.json && round_ == 1) print(json_line(row) + '\n');
    show_progress();
    fill();
  }

  /// Without an answer what was known stays known (CAP-20, CAP-21).
  static void take(Row& row, Answer answer) {
    if (answer.error.empty() || answer.knows_something()) {
      row.answer = std::move(answer);
      return;
    }
    row.answer.status = answer.status;
    row.answer.error = std::move(answer.error);
    row.answer.exit = answer.exit;
  }

  /// No answer of the network: nothing is said about the contact (CAP-21).
  void give_up() {
    char words[48] = "interrupted";
    if (!interrupted_)
      std::snprintf(words, sizeof words, "no answer in %g s", options_.common.timeout_seconds);
    for (auto& row : rows_) {
      if (row.heard) continue;
      take(row, failed(0, words, Exit::unreachable));
      row.heard = true;
      if (options_.common.json && round_ == 1) print(json_line(row) + '\n');
    }
    heard_ = next_ = rows_.size();
  }

  void show_progress() {
    const auto now = loop_.now();
    if (now - shown_ < kProgressEvery) return;
    shown_ = now;
    const auto share = static_cast<double>(heard_) / static_cast<double>(rows_.size());
    progress_.show(share, std::chrono::duration<double>(now - started_).count(),
                   std::to_string(heard_) + " of " + std::to_string(rows_.size()) + " contacts");
  }

  void print_all() {
    if (!options_.common.json)
      print(table(rows_, options_.common.verbosity > 0, cli::wants_color(options_.common.color, 1)));
    tell_errors(nullptr);
    if (!options_.common.quiet && rows_.size() >= kSummaryFrom) cli::say(summary(rows_));
  }

  /// The first of them, and how many there are besides; with `before` only those that are new.
  void tell_errors(const std::vector<Row>* before) const {
    const Row* first = nullptr;
    std::size_t more = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto& error = rows_[i].answer.error;
      if (error.empty() || (before != nullptr && (*before)[i].answer.error == error)) continue;
      if (first == nullptr) {
        first = &rows_[i];
      } else {
        ++more;
      }
    }
    if (first == nullptr) return;
    cli::say(first->contact + ": " + first->answer.error +
             (more == 0 ? "" : " (and " + std::to_string(more) + " more)"));
  }

  void print_changes(const std::vector<Row>& before) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      auto& row = rows_[i];
      const auto words = difference(before[i].answer, row.answer);
      if (words.empty()) continue;
      print(options_.common.json ? json_line(row) + '\n'
                                 : local_time() + " " + row.contact + ": " + words + '\n');
    }
    tell_errors(&before);
  }

  net::Loop& loop_;
  const Options& options_;
  Asker& asker_;
  const bool& interrupted_;
  cli::Progress progress_;
  std::vector<Row> rows_;
  std::size_t next_ = 0;   ///< to be asked for
  std::size_t heard_ = 0;  ///< of those before it
  unsigned round_ = 0;
  bool filling_ = false;
  core::Instant started_{};
  core::Instant shown_{};
};

}  // namespace

Exit ask_all(net::Loop& loop, const Options& options, std::vector<std::string> contacts, Asker& asker,
             const bool& interrupted) {
  return Asking(loop, options, std::move(contacts), asker, interrupted).run();
}

}  // namespace rcs::options
