// Paho's C client against a broker: paho_c PORT VERSION, with 4 for MQTT 3.1.1 and 5 for 5.0.
// Prints `ok CASE` or `FAIL CASE: why` for each case; status 1 when one failed.
#include <MQTTClient.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 15000, QUIET_MS = 300, MESSAGES_MAX = 1024, NAME_MAX_BYTES = 128 };

static int version;
static char address[64];
static char failure[512]; // why the case at hand failed, empty as long as it has not

static bool fail(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  if (failure[0] == '\0')
    vsnprintf(failure, sizeof failure, format, arguments);
  va_end(arguments);
  return false;
}

/// A topic or client identifier that no other case uses.
static const char* unique(const char* name, char* buffer) {
  static int serial;
  snprintf(buffer, NAME_MAX_BYTES, "paho-c/%d/%d/%s", (int)getpid(), ++serial, name);
  return buffer;
}

// ---------------------------------------------------------------- a client with its messages as a
// queue

struct message {
  char* topic;
  MQTTClient_message* body;
};

struct client {
  MQTTClient paho;
  bool session_present;
  pthread_mutex_t mutex;
  pthread_cond_t arrived;
  struct message messages[MESSAGES_MAX];
  int first, count;
};

static int on_message(void* context, char* topic, int length, MQTTClient_message* body) {
  (void)length;
  struct client* c = context;
  pthread_mutex_lock(&c->mutex);
  if (c->count < MESSAGES_MAX) {
    c->messages[(c->first + c->count) % MESSAGES_MAX] = (struct message){topic, body};
    c->count++;
  }
  pthread_cond_signal(&c->arrived);
  pthread_mutex_unlock(&c->mutex);
  return 1;
}

static struct message next_message(struct client* c, int wait_ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += wait_ms / 1000;
  until.tv_nsec += wait_ms % 1000 * 1000000L;
  if (until.tv_nsec >= 1000000000L) {
    until.tv_sec++;
    until.tv_nsec -= 1000000000L;
  }
  struct message found = {NULL, NULL};
  pthread_mutex_lock(&c->mutex);
  while (c->count == 0 && pthread_cond_timedwait(&c->arrived, &c->mutex, &until) == 0) {
  }
  if (c->count > 0) {
    found = c->messages[c->first];
    c->first = (c->first + 1) % MESSAGES_MAX;
    c->count--;
  }
  pthread_mutex_unlock(&c->mutex);
  return found;
}

static void free_message(struct message m) {
  if (m.body != NULL) {
    MQTTClient_freeMessage(&m.body);
    MQTTClient_free(m.topic);
  }
}

/// Connects; `will_topic` may be null. Null and a failure when the broker refuses.
static struct client* open_client(const char* id, bool clean, const char* will_topic) {
  struct client* c = calloc(1, sizeof *c);
  pthread_mutex_init(&c->mutex, NULL);
  pthread_cond_init(&c->arrived, NULL);
  MQTTClient_createOptions create = MQTTClient_createOptions_initializer;
  create.MQTTVersion = version;
  if (MQTTClient_createWithOptions(&c->paho, address, id, MQTTCLIENT_PERSISTENCE_NONE, NULL,
                                   &create) != MQTTCLIENT_SUCCESS) {
    fail("the client could not be created");
    free(c);
    return NULL;
  }
  MQTTClient_setCallbacks(c->paho, c, NULL, on_message, NULL);

  MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
  will.topicName = will_topic;
  will.message = "gone";
  will.qos = 1;
  MQTTClient_connectOptions plain = MQTTClient_connectOptions_initializer;
  MQTTClient_connectOptions fifth = MQTTClient_connectOptions_initializer5;
  MQTTClient_connectOptions* options = version == MQTTVERSION_5 ? &fifth : &plain;
  options->keepAliveInterval = 30;
  options->connectTimeout = WAIT_MS / 1000;
  options->MQTTVersion = version;
  if (will_topic != NULL)
    options->will = &will;

  if (version == MQTTVERSION_5) {
    options->cleanstart = clean;
    MQTTProperties properties = MQTTProperties_initializer;
    MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL,
                           .value.integer4 = clean ? 0 : 600};
    MQTTProperties_add(&properties, &expiry);
    MQTTResponse answer = MQTTClient_connect5(c->paho, options, &properties, NULL);
    MQTTProperties_free(&properties);
    if (answer.reasonCode != MQTTREASONCODE_SUCCESS)
      fail("CONNACK with code %d", (int)answer.reasonCode);
    MQTTResponse_free(answer);
  } else {
    options->cleansession = clean;
    const int code = MQTTClient_connect(c->paho, options);
    if (code != MQTTCLIENT_SUCCESS)
      fail("connect returned %d", code);
  }
  // The result of connect tells of the session only through the options.
  c->session_present = options->returned.sessionPresent;
  return c;
}

static void close_client(struct client* c) {
  if (c == NULL)
    return;
  if (version == MQTTVERSION_5)
    MQTTClient_disconnect5(c->paho, WAIT_MS, MQTTREASONCODE_SUCCESS, NULL);
  else
    MQTTClient_disconnect(c->paho, WAIT_MS);
  while (c->count > 0)
    free_message(next_message(c, 0));
  MQTTClient_destroy(&c->paho);
  pthread_mutex_destroy(&c->mutex);
  pthread_cond_destroy(&c->arrived);
  free(c);
}

static bool subscribe(struct client* c, const char* filter, int qos) {
  int granted;
  if (version == MQTTVERSION_5) {
    MQTTResponse answer = MQTTClient_subscribe5(c->paho, filter, qos, NULL, NULL);
    granted = (int)answer.reasonCode;
    MQTTResponse_free(answer);
  } else {
    // 3.1.1 subscribes return the QoS only through the array.
    char* filters[] = {(char*)filter};
    int qualities[] = {qos};
    granted = MQTTClient_subscribeMany(c->paho, 1, filters, qualities) == MQTTCLIENT_SUCCESS
                  ? qualities[0]
                  : -1;
  }
  return granted == qos || fail("SUBACK with %d", granted);
}

static bool publish(struct client* c, const char* topic, const char* payload, size_t length,
                    int qos, bool retain, MQTTProperties* properties) {
  MQTTClient_message message = MQTTClient_message_initializer;
  message.payload = (void*)payload;
  message.payloadlen = (int)length;
  message.qos = qos;
  message.retained = retain;
  if (properties != NULL)
    message.properties = *properties;
  MQTTClient_deliveryToken token = 0;
  int code;
  if (version == MQTTVERSION_5) {
    MQTTResponse answer = MQTTClient_publishMessage5(c->paho, topic, &message, &token);
    code = (int)answer.reasonCode;
    MQTTResponse_free(answer);
  } else {
    code = MQTTClient_publishMessage(c->paho, topic, &message, &token);
  }
  if (code != MQTTCLIENT_SUCCESS)
    return fail("publish returned %d", code);
  if (qos > 0 && MQTTClient_waitForCompletion(c->paho, token, WAIT_MS) != MQTTCLIENT_SUCCESS)
    return fail("no acknowledgement of QoS %d", qos);
  return true;
}

static bool publish_text(struct client* c, const char* topic, const char* payload, int qos,
                         bool retain) {
  return publish(c, topic, payload, strlen(payload), qos, retain, NULL);
}

/// The next message is this one. The caller frees it.
static bool expect_message(struct client* c, const char* topic, const char* payload, size_t length,
                           int qos, bool retain, struct message* found) {
  *found = next_message(c, WAIT_MS);
  if (found->body == NULL)
    return fail("%s %.40s never came", topic, payload);
  const MQTTClient_message* m = found->body;
  if (strcmp(found->topic, topic) != 0 || (size_t)m->payloadlen != length ||
      memcmp(m->payload, payload, length) != 0 || m->qos != qos || (m->retained != 0) != retain)
    return fail("got %s QoS %d retain %d %.*s instead of QoS %d retain %d %.40s", found->topic,
                m->qos, m->retained, m->payloadlen < 40 ? m->payloadlen : 40,
                (const char*)m->payload, qos, retain, payload);
  return true;
}

static bool expect_text(struct client* c, const char* topic, const char* payload, int qos,
                        bool retain) {
  struct message found;
  const bool good = expect_message(c, topic, payload, strlen(payload), qos, retain, &found);
  free_message(found);
  return good;
}

static bool expect_nothing(struct client* c) {
  struct message found = next_message(c, QUIET_MS);
  const bool good = found.body == NULL || fail("got %s %.*s", found.topic, found.body->payloadlen,
                                               (char*)found.body->payload);
  free_message(found);
  return good;
}

// ---------------------------------------------------------------- the cases

static void publishing(void) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], topic[NAME_MAX_BYTES], text[16];
  struct client* sub = open_client(unique("sub", a), true, NULL);
  struct client* pub = open_client(unique("pub", b), true, NULL);
  unique("qos", topic);
  bool good = sub && pub && subscribe(sub, topic, 2);
  for (int qos = 0; good && qos <= 2; qos++)
    for (int n = 0; good && n < 8; n++) { // Paho C waits 100 ms for each acknowledgement
      snprintf(text, sizeof text, "%d", n);
      good =
          publish_text(pub, topic, text, qos, false) && expect_text(sub, topic, text, qos, false);
    }
  const size_t large = 300000;
  char* payload = malloc(large);
  memset(payload, 'L', large);
  struct message found = {NULL, NULL};
  good = good && publish(pub, topic, payload, large, 1, false, NULL) &&
         expect_message(sub, topic, payload, large, 1, false, &found);
  free_message(found);
  free(payload);
  if (good && MQTTClient_unsubscribe(sub->paho, topic) != MQTTCLIENT_SUCCESS &&
      version != MQTTVERSION_5)
    good = fail("no UNSUBACK");
  if (good && version == MQTTVERSION_5) {
    MQTTResponse answer = MQTTClient_unsubscribe5(sub->paho, topic, NULL);
    MQTTResponse_free(answer);
  }
  if (good && publish_text(pub, topic, "x", 1, false))
    expect_nothing(sub);
  close_client(sub);
  close_client(pub);
}

static void retained(void) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], c[NAME_MAX_BYTES], topic[NAME_MAX_BYTES];
  struct client* pub = open_client(unique("pub", a), true, NULL);
  struct client* sub = open_client(unique("sub", b), true, NULL);
  struct client* late = open_client(unique("late", c), true, NULL);
  unique("retained", topic);
  if (pub && sub && late && publish_text(pub, topic, "kept", 1, true) && subscribe(sub, topic, 1) &&
      expect_text(sub, topic, "kept", 1, true) && publish_text(pub, topic, "", 1, true) &&
      expect_text(sub, topic, "", 1, false) && subscribe(late, topic, 1))
    expect_nothing(late);
  close_client(pub);
  close_client(sub);
  close_client(late);
}

static void wills(void) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], c[NAME_MAX_BYTES], topic[NAME_MAX_BYTES];
  unique("will", topic);
  unique("dying", a);
  // A process of its own dies with its connection: there is no other way to leave without
  // DISCONNECT.
  int ready[2];
  if (pipe(ready) != 0) {
    fail("no pipe");
    return;
  }
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const bool good = open_client(a, true, topic) != NULL && failure[0] == '\0';
    if (write(ready[1], good ? "y" : "n", 1) != 1)
      _exit(1);
    pause();
    _exit(0);
  }
  char answer = 'n';
  if (read(ready[0], &answer, 1) != 1 || answer != 'y')
    fail("the client with a will could not connect");
  close(ready[0]);
  close(ready[1]);
  struct client* sub = open_client(unique("sub", b), true, NULL);
  const bool subscribed = sub && subscribe(sub, topic, 1);
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  if (subscribed && expect_text(sub, topic, "gone", 1, false)) {
    close_client(open_client(unique("leaving", c), true, topic));
    expect_nothing(sub);
  }
  close_client(sub);
}

static void sessions(void) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], topic[NAME_MAX_BYTES], text[16];
  unique("session", a);
  unique("topic", topic);
  struct client* sub = open_client(a, false, NULL);
  bool good = sub && subscribe(sub, topic, 1);
  close_client(sub);
  struct client* pub = open_client(unique("pub", b), true, NULL);
  for (int n = 0; good && n < 10; n++) {
    snprintf(text, sizeof text, "%d", n);
    good = publish_text(pub, topic, text, 1, false);
  }
  sub = open_client(a, false, NULL);
  if (good && version != MQTTVERSION_5 && !sub->session_present) // connect5 does not tell
    good = fail("no session");
  for (int n = 0; good && n < 10; n++) {
    snprintf(text, sizeof text, "%d", n);
    good = expect_text(sub, topic, text, 1, false);
  }
  close_client(sub);
  close_client(pub);
}

static void properties(void) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], topic[NAME_MAX_BYTES];
  struct client* sub = open_client(unique("sub", a), true, NULL);
  struct client* pub = open_client(unique("pub", b), true, NULL);
  unique("properties", topic);
  MQTTProperties sent = MQTTProperties_initializer;
  MQTTProperty type = {.identifier = MQTTPROPERTY_CODE_CONTENT_TYPE, .value.data = {6, "text/x"}};
  MQTTProperty first = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY,
                        .value = {.data = {1, "b"}, .value = {1, "1"}}};
  MQTTProperty second = {.identifier = MQTTPROPERTY_CODE_USER_PROPERTY,
                         .value = {.data = {1, "a"}, .value = {1, "2"}}};
  MQTTProperties_add(&sent, &type);
  MQTTProperties_add(&sent, &first);
  MQTTProperties_add(&sent, &second);
  struct message found = {NULL, NULL};
  if (sub && pub && subscribe(sub, topic, 1) && publish(pub, topic, "x", 1, 1, false, &sent) &&
      expect_message(sub, topic, "x", 1, 1, false, &found)) {
    MQTTProperties* got = &found.body->properties;
    MQTTProperty* t = MQTTProperties_getProperty(got, MQTTPROPERTY_CODE_CONTENT_TYPE);
    MQTTProperty* u = MQTTProperties_getPropertyAt(got, MQTTPROPERTY_CODE_USER_PROPERTY, 0);
    MQTTProperty* v = MQTTProperties_getPropertyAt(got, MQTTPROPERTY_CODE_USER_PROPERTY, 1);
    if (t == NULL || t->value.data.len != 6 || memcmp(t->value.data.data, "text/x", 6) != 0)
      fail("content type");
    else if (u == NULL || v == NULL || u->value.data.data[0] != 'b' || v->value.data.data[0] != 'a')
      fail("user properties");
  }
  free_message(found);
  MQTTProperties_free(&sent);
  close_client(sub);
  close_client(pub);
}

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/// Takes whatever comes to both until `enough` came or the time is over.
static void take_both(struct client* const subs[2], int got[2], int enough, int wait_ms) {
  const long long until = now_ms() + wait_ms;
  while (got[0] + got[1] < enough && now_ms() < until)
    for (int who = 0; who < 2; who++)
      for (struct message m = next_message(subs[who], 10); m.body != NULL;
           m = next_message(subs[who], 0)) {
        got[who]++;
        free_message(m);
      }
}

static void shared(void) {
  char a[NAME_MAX_BYTES], b[NAME_MAX_BYTES], c[NAME_MAX_BYTES], topic[NAME_MAX_BYTES],
      filter[2 * NAME_MAX_BYTES], text[16];
  struct client* subs[2] = {open_client(unique("a", a), true, NULL),
                            open_client(unique("b", b), true, NULL)};
  struct client* pub = open_client(unique("pub", c), true, NULL);
  unique("shared", topic);
  snprintf(filter, sizeof filter, "$share/g/%s", topic);
  bool good =
      subs[0] && subs[1] && pub && subscribe(subs[0], filter, 1) && subscribe(subs[1], filter, 1);
  for (int n = 0; good && n < 40; n++) {
    snprintf(text, sizeof text, "%d", n);
    good = publish_text(pub, topic, text, 0, false);
  }
  int got[2] = {0, 0};
  if (good) {
    take_both(subs, got, 40, WAIT_MS);
    take_both(subs, got, MESSAGES_MAX, QUIET_MS); // no more than that
  }
  if (good && (got[0] + got[1] != 40 || got[0] < 5 || got[1] < 5))
    fail("the members got %d and %d of 40", got[0], got[1]);
  close_client(subs[0]);
  close_client(subs[1]);
  close_client(pub);
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: paho_c PORT VERSION\n");
    return 2;
  }
  snprintf(address, sizeof address, "tcp://127.0.0.1:%s", argv[1]);
  version = atoi(argv[2]);
  const struct {
    const char* name;
    void (*run)(void);
    bool fifth_only;
  } cases[] = {{"wills", wills, false},          {"publishing", publishing, false},
               {"retained", retained, false},    {"sessions", sessions, false},
               {"properties", properties, true}, {"shared", shared, true}};
  int failed = 0;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (cases[i].fifth_only && version != MQTTVERSION_5)
      continue;
    failure[0] = '\0';
    cases[i].run();
    if (failure[0] == '\0') {
      printf("ok %s\n", cases[i].name);
    } else {
      printf("FAIL %s: %s\n", cases[i].name, failure);
      failed++;
    }
    fflush(stdout);
  }
  return failed ? 1 : 0;
}
