/* The jobs of twin.h with Paho C's asynchronous API, which brings two threads of its own. */
#include "twin.h"

#include <MQTTAsync.h>
#include <semaphore.h>

static struct twin options;
static struct twin_times began;
static sem_t room, changed, ended;
static long done = 0;

static void on_connected(void* context, MQTTAsync_successData* data) {
  (void)context, (void)data;
  sem_post(&changed);
}
static void on_failure(void* context, MQTTAsync_failureData* data) {
  (void)context;
  twin_fail("paho", data ? data->code : -1);
}
static void on_published(void* context, MQTTAsync_successData* data) {
  (void)context, (void)data;
  if (++done == options.count)
    sem_post(&ended);
  sem_post(&room);
}
static int on_message(void* context, char* topic, int length, MQTTAsync_message* message) {
  (void)context, (void)length;
  if (twin_is_over(&options, &began, ++done))
    sem_post(&ended);
  MQTTAsync_freeMessage(&message);
  MQTTAsync_free(topic);
  return 1;
}

static MQTTAsync client(int number) {
  MQTTAsync c;
  MQTTAsync_connectOptions how = MQTTAsync_connectOptions_initializer;
  char url[128], id[64];
  int code;
  snprintf(url, sizeof url, "tcp://%s:%d", options.host, options.port);
  snprintf(id, sizeof id, "twin-paho-%d-%d", (int)getpid(), number);
  code = MQTTAsync_create(&c, url, id, MQTTCLIENT_PERSISTENCE_NONE, NULL);
  if (code != MQTTASYNC_SUCCESS)
    twin_fail("create", code);
  MQTTAsync_setCallbacks(c, NULL, NULL, on_message, NULL);
  how.cleansession = 1;
  how.MQTTVersion = MQTTVERSION_3_1_1;
  how.maxInflight = options.window > 0 ? options.window : 100;
  how.onSuccess = on_connected;
  how.onFailure = on_failure;
  code = MQTTAsync_connect(c, &how);
  if (code != MQTTASYNC_SUCCESS)
    twin_fail("connect", code);
  sem_wait(&changed);
  return c;
}

static void publish(void) {
  MQTTAsync c = client(0);
  char* payload = malloc(options.size);
  MQTTAsync_message message = MQTTAsync_message_initializer;
  memset(payload, 'x', options.size);
  message.payload = payload;
  message.payloadlen = (int)options.size;
  message.qos = options.qos;
  began = twin_now();
  for (long i = 0; i < options.count; ++i) {
    MQTTAsync_responseOptions how = MQTTAsync_responseOptions_initializer;
    int code;
    how.onSuccess = on_published;
    how.onFailure = on_failure;
    sem_wait(&room);
    code = MQTTAsync_sendMessage(c, TWIN_TOPIC, &message, &how);
    if (code != MQTTASYNC_SUCCESS)
      twin_fail("publish", code);
  }
  sem_wait(&ended);
  twin_report(began, options.count);
}

static void receive(void) {
  MQTTAsync c = client(0);
  MQTTAsync_responseOptions how = MQTTAsync_responseOptions_initializer;
  how.onSuccess = on_connected;
  how.onFailure = on_failure;
  MQTTAsync_subscribe(c, TWIN_TOPIC, options.qos, &how);
  sem_wait(&changed);
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
  sem_init(&changed, 0, 0);
  sem_init(&ended, 0, 0);
  strcmp(options.job, "publish") == 0 ? publish() : strcmp(options.job, "receive") == 0 ? receive() : idle();
  fflush(stdout);
  _exit(0);
}
