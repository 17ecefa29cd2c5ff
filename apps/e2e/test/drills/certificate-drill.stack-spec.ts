import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePorts } from '@voltap/platform/embedded';
import { ensureRegistered } from '@voltap/simulator';
import { makeCertificates } from '@voltap/tools/stack';
import { type AlertDrill, openAlertDrill } from '../stage/alert-drill.js';
import { namedStack } from '../stage/named-stack.js';
import { ROOT } from '../stage/running-platform.js';
import { openStage, type Stage } from '../stage/stage.js';

const RENEWED = join(ROOT, 'libs/ocpi/test/fixtures');

describe('a runbook followed against its fault, at a partner with TLS', () => {
  let folder: string;
  let stage: Stage;
  let drill: AlertDrill;
  let door: Server;
  let partner: string;
  let address: string;
  const sockets = new Set<TLSSocket>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'voltap-drill-'));
    // Valid for a week.
    const { authorityFile, server } = await makeCertificates(join(folder, 'certificates'), 'nobody');
    const [ptpPort = 0, port = 0] = await freePorts(2);
    address = `127.0.0.1:${port}`;
    const [key, cert] = await Promise.all([readFile(server.keyFile), readFile(server.certificateFile)]);
    door = createServer({ key, cert }, (socket) => {
      sockets.add(socket);
      const onward = connect(ptpPort, '127.0.0.1');
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
        one.pipe(other);
      }
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve) => door.listen(port, '127.0.0.1', resolve));
    const authorities = join(folder, 'authorities.pem');
    const believed = [authorityFile, join(RENEWED, 'renewed.pem')].map((file) => readFile(file, 'utf8'));
    await writeFile(authorities, (await Promise.all(believed)).join('\n'));
    stage = await openStage({
      platform: { stack: namedStack(), environment: { VOLTAP_EGRESS_CA_FILE: authorities } },
      simulator: { ptpPort, ptp: { publicUrl: `https://${address}` } },
    });
    partner = (await ensureRegistered(stage.simulator, '2.3.0')).partnerId ?? '';
    drill = await openAlertDrill(stage.platform);
  });
  afterAll(async () => {
    await drill?.close();
    await stage?.close();
    for (const socket of sockets) socket.destroy();
    door?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('VoltapPartnerCertificateEnds: it is valid for a week, and the partner renews it', async () => {
    await drill.untilRaised('VoltapPartnerCertificateEnds');
    expect(await drill.told('partners', 'show', partner)).toContain(`https://${address}/`);
    const shown = async () => {
      const command = `openssl s_client -connect ${address} </dev/null 2>/dev/null | openssl x509 -noout -enddate`;
      const { stdout } = await promisify(execFile)('sh', ['-c', command]);
      return Date.parse(stdout.replace('notAfter=', ''));
    };
    expect(await shown()).toBeLessThan(Date.now() + 14 * 24 * 60 * 60 * 1_000);

    const [key, cert] = await Promise.all(
      ['renewed.key.pem', 'renewed.pem'].map((file) => readFile(join(RENEWED, file))),
    );
    door.setSecureContext({ key, cert });
    for (const socket of sockets) socket.destroy();
    expect(await shown()).toBeGreaterThan(Date.now() + 365 * 24 * 60 * 60 * 1_000);
    expect(await drill.told('pulls', 'run', 'terminals', partner)).toMatch(/^terminals +\d/m);
    await drill.untilEnded('VoltapPartnerCertificateEnds');
  });
});
