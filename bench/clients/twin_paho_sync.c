/* The publishing and receiving of twin.h with Paho C's other API, which writes on the caller's thread. */
#include "twin.h"

#include <MQTTClient.h>
#include <semaphore.h>

static struct twin options;
static struct twin_times began;
static sem_t room, ended;
static long done = 0;

static void on_delivered(void* context, MQTTClient_deliveryToken token) {
  (void)context, (void)token;
  if (++done == options.count)
    sem_post(&ended);
  sem_post(&room);
}
static int on_message(void* context, char* topic, int length, MQTTClient_message* message) {
  (void)context, (void)length;
  if (twin_is_over(&options, &began, ++done))
    sem_post(&ended);
  MQTTClient_freeMessage(&message);
  MQTTClient_free(topic);
  return 1;
}

static MQTTClient client(int number) {
  MQTTClient c;
  MQTTClient_connectOptions how = MQTTClient_connectOptions_initializer;
  char url[128], id[64];
  int code;
  snprintf(url, sizeof url, "tcp://%s:%d", options.host, options.port);
  snprintf(id, sizeof id, "twin-sync-%d-%d", (int)getpid(), number);
  code = MQTTClient_create(&c, url, id, MQTTCLIENT_PERSISTENCE_NONE, NULL);
  if (code != MQTTCLIENT_SUCCESS)
    twin_fail("create", code);
  MQTTClient_setCallbacks(c, NULL, NULL, on_message, on_delivered);
  how.cleansession = 1;
  how.MQTTVersion = MQTTVERSION_3_1_1;
  how.reliable = 0;
  how.maxInflightMessages = options.window > 0 ? options.window : 100;
  code = MQTTClient_connect(c, &how);
  if (code != MQTTCLIENT_SUCCESS)
    twin_fail("connect", code);
  return c;
}

static void publish(void) {
  MQTTClient c = client(0);
  char* payload = malloc(options.size);
  memset(payload, 'x', options.size);
  began = twin_now();
  for (long i = 0; i < options.count; ++i) {
    int code;
    if (options.qos > 0)
      sem_wait(&room);
    code = MQTTClient_publish(c, TWIN_TOPIC, (int)options.size, payload, options.qos, 0, NULL);
    if (code != MQTTCLIENT_SUCCESS)
      twin_fail("publish", code);
  }
  if (options.qos > 0)
    sem_wait(&ended); /* at QoS 0 the call returns when the message is written */
  twin_report(began, options.count);
}

static void receive(void) {
  MQTTClient c = client(0);
  MQTTClient_subscribe(c, TWIN_TOPIC, options.qos);
  puts("ready");
  fflush(stdout);
  sem_wait(&ended);
  twin_report(began, done);
}

static void idle(void) {
  long before;
  client(0); /* what only the first one takes */
  before = twin_memory();
  for (int i = 1; i <= options.clients; ++i)
    client(i);
  twin_report_memory(before, options.clients);
}

int main(int argc, char** argv) {
  options = twin_options(argc, argv);
  sem_init(&room, 0, (unsigned)options.window);
  sem_init(&ended, 0, 0);
  strcmp(options.job, "publish") == 0 ? publish() : strcmp(options.job, "receive") == 0 ? receive() : idle();
  fflush(stdout);
  _exit(0);
}
