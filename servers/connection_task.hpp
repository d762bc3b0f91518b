// The coroutine that a connection is. Asio's own awaitable serves any chain of coroutines; this one
// serves a single one that nobody waits for, and so costs its frame and nothing beside it: measured
// on idle connections, a third of what they held (docs/decisions/0006-connection-task.md).
#pragma once

#include <boost/system/error_code.hpp>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

namespace coresweep {

/// Begins when it is called and frees itself when it ends.
struct ConnectionTask {
  struct promise_type {
    ConnectionTask get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
};

struct Transferred {
  boost::system::error_code error;
  std::size_t size = 0;  ///< bytes
};

/// `co_await Transfer(start)`: calls `start(handler)`, which begins an Asio operation of the form
/// void(error_code, size_t) or void(error_code), and resumes with what it came to. When Asio drops
/// the handler instead of calling it, as its loop does at its end, the coroutine ends where it
/// stands.
template <class Start>
class Transfer {
 public:
  explicit Transfer(Start start) : start_(std::move(start)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) { start_(Handler(*this, coroutine)); }
  Transferred await_resume() const noexcept { return transferred_; }

 private:
  class Handler {
   public:
    Handler(Transfer& transfer, std::coroutine_handle<> coroutine)
        : transfer_(&transfer), coroutine_(coroutine) {}
    Handler(Handler&& other) noexcept
        : transfer_(other.transfer_), coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    Handler& operator=(Handler&&) = delete;
    ~Handler() {
      if (coroutine_) {
        coroutine_.destroy();
      }
    }
    void operator()(boost::system::error_code error, std::size_t size = 0) {
      transfer_->transferred_ = {error, size};
      std::exchange(coroutine_, nullptr).resume();
    }

   private:
    Transfer* transfer_;
    std::coroutine_handle<> coroutine_;
  };

  Start start_;
  Transferred transferred_;
};

}  // namespace coresweep
