export const TEST_DATABASE_PREFIX = 'voltap_test_';
