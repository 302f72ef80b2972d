/** Part of every version id: another Tidewatch may compute other numbers from the same inputs. */
import packageJson from '../../../package.json' with { type: 'json' };

export const SOFTWARE_VERSION: string = packageJson.version;
