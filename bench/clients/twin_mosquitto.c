/* The jobs of twin.h with libmosquitto, on one thread, which is how it is cheapest. */
#include "twin.h"

#include <mosquitto.h>
#include <stdbool.h>

static struct twin options;
static struct twin_times began;
static long done = 0;
static bool connected = false, subscribed = false, ended = false;

static void on_connect(struct mosquitto* m, void* context, int code) {
  (void)m, (void)context;
  if (code != 0)
    twin_fail("connect", code);
  connected = true;
}
static void on_subscribe(struct mosquitto* m, void* context, int id, int count, const int* granted) {
  (void)m, (void)context, (void)id, (void)count, (void)granted;
  subscribed = true;
}
static void on_publish(struct mosquitto* m, void* context, int id) {
  (void)m, (void)context, (void)id;
  ++done;
}
static void on_message(struct mosquitto* m, void* context, const struct mosquitto_message* message) {
  (void)m, (void)context, (void)message;
  ended = ended || twin_is_over(&options, &began, ++done);
}

static void turn(struct mosquitto* m) {
  int code = mosquitto_loop(m, 1000, 1);
  if (code != MOSQ_ERR_SUCCESS)
    twin_fail("loop", code);
}

static struct mosquitto* client(void) {
  struct mosquitto* m = mosquitto_new(NULL, true, NULL);
  int code;
  mosquitto_connect_callback_set(m, on_connect);
  mosquitto_subscribe_callback_set(m, on_subscribe);
  mosquitto_publish_callback_set(m, on_publish);
  mosquitto_message_callback_set(m, on_message);
  mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1);
  if (options.window > 0)
    mosquitto_max_inflight_messages_set(m, (unsigned)options.window);
  connected = false;
  code = mosquitto_connect(m, options.host, options.port, 60);
  if (code != MOSQ_ERR_SUCCESS)
    twin_fail("connect", code);
  while (!connected)
    turn(m);
  return m;
}

static void publish(void) {
  struct mosquitto* m = client();
  char* payload = malloc(options.size);
  long sent = 0;
  memset(payload, 'x', options.size);
  began = twin_now();
  while (done < options.count) {
    while (sent < options.count && sent - done < options.window) {
      int code = mosquitto_publish(m, NULL, TWIN_TOPIC, (int)options.size, payload, options.qos, false);
      if (code != MOSQ_ERR_SUCCESS)
        twin_fail("publish", code);
      ++sent;
    }
    if (done < options.count)
      turn(m);
  }
  twin_report(began, options.count);
  free(payload);
}

static void receive(void) {
  struct mosquitto* m = client();
  mosquitto_subscribe(m, NULL, TWIN_TOPIC, options.qos);
  while (!subscribed)
    turn(m);
  puts("ready");
  fflush(stdout);
  while (!ended)
    turn(m);
  twin_report(began, done);
}

static void idle(void) {
  struct mosquitto** all = malloc((size_t)options.clients * sizeof *all);
  long before;
  (void)client(); /* what only the first one takes */
  before = twin_memory();
  for (int i = 0; i < options.clients; ++i)
    all[i] = client();
  twin_report_memory(before, options.clients);
}

int main(int argc, char** argv) {
  options = twin_options(argc, argv);
  mosquitto_lib_init();
  strcmp(options.job, "publish") == 0 ? publish() : strcmp(options.job, "receive") == 0 ? receive() : idle();
  return 0;
}
