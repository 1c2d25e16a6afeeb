// SPDX-License-Identifier: Apache-2.0
#include "base/quiet_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <exception>
#include <fstream>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>

#include "base/mutex.h"
#include "base/thread_pool.h"

namespace trireme {
namespace {

pid_t ThisThread() {
  return static_cast<pid_t>(syscall(SYS_gettid));
}

bool SetPolicy(pid_t thread, int policy) {
  const sched_param param{};
  return sched_setscheduler(thread, policy, &param) == 0;
}

// On Linux the nice value is a thread's own, not the process's. A lower priority is never refused.
void BeNice(int niceness) {
  setpriority(PRIO_PROCESS, static_cast<id_t>(ThisThread()), niceness);
  // Its reads too (ioprio_set(2)): "best effort", the lowest of eight levels, of this thread.
  constexpr int kThisThread = 1;
  constexpr int kLowest = (2 << 13) | 7;
  syscall(SYS_ioprio_set, kThisThread, 0, kLowest);
}

// Whether a thread that is idle can be made a nice one again: tried, because the rule has several parts.
bool MayLeaveIdle(int niceness) {
  bool may = false;
  std::thread([&] {
    BeNice(niceness);
    may = SetPolicy(0, SCHED_IDLE) && SetPolicy(0, SCHED_OTHER);
  }).join();
  return may;
}

// Runs or would like to, as opposed to one that waits for a request to end or for a disk (proc(5)).
bool WantsToRun(pid_t thread) {
  std::ifstream file("/proc/self/task/" + std::to_string(thread) + "/stat");
  std::string line;
  std::getline(file, line);
  const size_t name_end = line.rfind(')');
  return name_end != std::string::npos && line.size() > name_end + 2 && line[name_end + 2] == 'R';
}

// What the thread that does the job and the one that waits for it share.
class Job {
 public:
  explicit Job(const QuietOptions& options) : options_(options) {}

  // On its own thread.
  void Run(const std::function<void()>& job, bool idle) {
    NameThisThread("loader");
    BeNice(options_.niceness);
    {
      const MutexLock lock(mutex_);
      if (idle && SetPolicy(0, SCHED_IDLE)) idle_ = ThisThread();
    }
    try {
      job();
    } catch (...) {
      thrown_ = std::current_exception();
    }
    const MutexLock lock(mutex_);
    idle_.reset();
    done_ = true;
    changed_.NotifyAll();
  }

  // Until the job is done, on the thread that waits for it.
  void WatchOver(std::thread& thread) {
    clockid_t clock{};
    if (pthread_getcpuclockid(thread.native_handle(), &clock) != 0) return;
    Duration had_before{0};
    TimePoint looked = Clock::System().Now();
    const MutexLock lock(mutex_);
    while (!done_) {
      changed_.WaitUntil(mutex_, looked + options_.look_every);
      const TimePoint now = Clock::System().Now();
      if (done_ || now < looked + options_.look_every) continue;
      timespec time{};
      clock_gettime(clock, &time);
      const Duration had = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
      if (idle_ && IsStarved(had - had_before, now - looked) && WantsToRun(*idle_)) {
        SetPolicy(*idle_, SCHED_OTHER);
        idle_.reset();
        options_.idle_time.FoundScarce();
      }
      had_before = had;
      looked = now;
    }
  }

  const std::exception_ptr& thrown() const { return thrown_; }

 private:
  const QuietOptions options_;
  Mutex mutex_;
  CondVar changed_;
  bool done_ GUARDED_BY(mutex_) = false;
  std::optional<pid_t> idle_ GUARDED_BY(mutex_);  // the thread, for as long as it is
  std::exception_ptr thrown_;                     // read once the thread has ended
};

}  // namespace

bool IdleTime::IsScarce() const {
  constexpr std::chrono::seconds kLasts{5};
  return Clock::System().Now().time_since_epoch() - Duration(found_.load()) < kLasts;
}

void IdleTime::FoundScarce() {
  found_ = Duration(Clock::System().Now().time_since_epoch()).count();
}

IdleTime& IdleTime::OfProcess() {
  static IdleTime idle_time;
  return idle_time;
}

// A fifth of a processor ends every job in five times what it takes; less than that is waiting.
bool IsStarved(Duration had, Duration wall) {
  return had * 5 < wall;
}

void RunQuietly(const QuietOptions& options, const std::function<void()>& job) {
  Job shared(options);
  std::thread quiet;
  try {
    // What the niceness of the first asker allows, that of quieter ones does too.
    static const bool kMayLeaveIdle = MayLeaveIdle(QuietOptions().niceness);
    quiet = std::thread([&] { shared.Run(job, kMayLeaveIdle && !options.idle_time.IsScarce()); });
  } catch (const std::system_error&) {
    job();  // the system gives no more threads: loudly, then
    return;
  }
  try {
    shared.WatchOver(quiet);
  } catch (const std::bad_alloc&) {
    // Then nobody does: it ends whenever it ends.
  }
  quiet.join();
  if (shared.thrown()) std::rethrow_exception(shared.thrown());
}

}  // namespace trireme
