// Fuzzes what a stranger may send to the port for other pods: frames, cut at any point, and the
// greeting of both sides. The first byte says how long the pieces are, the rest is the stream.
#include "net/link_frame.hpp"

#include "net/link_greeting.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

using namespace mqttzoo::net;

namespace {

constexpr std::size_t body_bytes_max = 4096;

/// Unlike assert(), also there in a release build.
void require(bool truth) {
  if (!truth)
    std::abort();
}

struct frames {
  std::string wire; ///< of those that were read, written again
  bool bad = false;
};

/// Reads as a link does: what is incomplete is kept, and the kept part is bounded.
frames read_in_pieces(std::string_view stream, std::size_t piece_bytes) {
  frames result;
  std::string kept;
  link_frame frame;
  while (!stream.empty()) {
    const auto piece = stream.substr(0, piece_bytes);
    stream.remove_prefix(piece.size());
    kept += piece;
    for (;;) {
      const auto status = next_link_frame(kept, body_bytes_max, frame);
      if (!status) {
        result.bad = true;
        return result;
      }
      if (*status == link_frame_status::need_more)
        break;
      require(frame.body.size() <= body_bytes_max && frame.wire_size_bytes <= kept.size());
      append_link_frame(result.wire, frame.kind, frame.body);
      kept.erase(0, frame.wire_size_bytes);
    }
    require(kept.size() < link_frame_header_bytes + body_bytes_max);
  }
  return result;
}

void check_hello(std::string_view body) {
  const auto hello = read_hello(body);
  if (!hello)
    return require(hello.error() == link_refusal::malformed ||
                   hello.error() == link_refusal::version);
  std::string again;
  append_hello(again, *hello);
  require(again == body);
}

/// Whatever comes, a greeting ends with an outcome or waits; it opens only with who may.
void greet(link_greeting greeting, pod_incarnations& known, std::string_view stream) {
  std::string out;
  greeting.start(out);
  link_frame frame;
  for (;;) {
    const auto status = next_link_frame(stream, greeting_frame_bytes_max, frame);
    if (!status || *status == link_frame_status::need_more)
      return;
    if (frame.kind == link_kind::hello)
      check_hello(frame.body);
    stream.remove_prefix(frame.wire_size_bytes);
    const auto progress = greeting.on_frame(frame, nullptr, out);
    require(out.size() < 4 * greeting_frame_bytes_max);
    if (progress == link_greeting::progress::waiting)
      continue;
    if (progress == link_greeting::progress::open)
      require(is_link_name(greeting.peer().pod) &&
              known.greatest_of(greeting.peer().pod) == greeting.peer().incarnation);
    else
      require(greeting.refusal() != link_refusal::none);
    return;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view stream{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto whole = read_in_pieces(stream, std::max<std::size_t>(stream.size(), 1));
  const auto cut = read_in_pieces(stream, 1 + data[0]);
  require(whole.wire == cut.wire && whole.bad == cut.bad);
  require(stream.starts_with(whole.wire));
  pod_incarnations known;
  known.learn("pod-0", 5);
  greet(link_greeting::accepting({"zoo", "pod-1", 9}, {}, known), known, stream);
  greet(link_greeting::dialling({"zoo", "pod-1", 9}, {}, "pod-2", known), known, stream);
  return 0;
}
