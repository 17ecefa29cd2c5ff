/** Imported into the processes of tests: ends them when the test that holds their standard input was itself killed. */
process.stdin.on('end', () => process.exit(1));
process.stdin.resume();
process.stdin.unref();
