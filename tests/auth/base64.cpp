// The vectors of RFC 4648, in its forms, and what is not among them.
#define CAF_SUITE base64
#include "auth/base64.hpp"

#include <caf/test/dsl.hpp>

using namespace mqttzoo::auth;
using enum base64_form;

CAF_TEST(the vectors of the standard) {
  const struct {
    const char* bytes;
    const char* text;
    const char* bare;
  } table[] = {{"", "", ""},
               {"f", "Zg==", "Zg"},
               {"fo", "Zm8=", "Zm8"},
               {"foo", "Zm9v", "Zm9v"},
               {"foob", "Zm9vYg==", "Zm9vYg"},
               {"fooba", "Zm9vYmE=", "Zm9vYmE"},
               {"foobar", "Zm9vYmFy", "Zm9vYmFy"}};
  for (const auto& [bytes, text, bare] : table) {
    CAF_CHECK(decode_base64(text, padded) == bytes);
    CAF_CHECK(decode_base64(bare, unpadded) == bytes);
    CAF_CHECK(decode_base64(bare, url) == bytes);
  }
  CAF_CHECK(decode_base64("+/+/", padded) == "\xFB\xFF\xBF");
  CAF_CHECK(decode_base64("-_-_", url) == "\xFB\xFF\xBF");
}

CAF_TEST(what is of another form is refused) {
  for (const auto* text :
       {"Zg", "Zg=", "Z===", "Zg==Zg==", "Zm9v=", "-_-_", "Zm 9", "Zm9v\n", "Zh=="})
    CAF_CHECK(!decode_base64(text, padded));
  for (const auto* text : {"Zg==", "Z", "-_-_", "Zh", "Zm9v Zg"})
    CAF_CHECK(!decode_base64(text, unpadded));
  for (const auto* text : {"Zg==", "Z", "+/+/", "Zh"})
    CAF_CHECK(!decode_base64(text, url));
}
