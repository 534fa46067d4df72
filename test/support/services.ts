/** The services that tests freeze, one for each client library; see `fixtures/demo.h` for what they do. */
export {type DemoService, demoServices, fixtureProgram} from '../../src/dbus/demo-services.js';
export {type StartedProgram, startProgram, startService} from '../../src/dbus/start-service.js';
