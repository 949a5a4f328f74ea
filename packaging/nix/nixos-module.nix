# services.microvm-orchestrator for NixOS.
self:
{ config, lib, ... }:
let
  cfg = config.services.microvm-orchestrator;
in
{
  imports = [ (import ./options.nix self) ];

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];
    systemd.user.services.microvm-orchestrator = {
      description = "Server of microvm-orchestrator";
      wantedBy = [ "default.target" ];
      serviceConfig = {
        ExecStart = "${lib.getExe cfg.package} serve";
        Restart = "on-failure";
        # Machines outlive the server, which finds them again.
        KillMode = "process";
      };
    };
  };
}
