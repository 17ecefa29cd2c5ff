import stopPostgres from '../../../libs/platform/src/testing/jest/global-teardown.mjs';

export default async function stopStack() {
  await stopPostgres();
  await globalThis.stopVoltapStack?.();
}
