# What the drivers, the runner and other units count on, out of the guest's evaluated configuration; and, in `options`, every option of NixOS
# that the guest sets, so that a change of any of them is told, whether or not somebody thought of it.
config:
  let
    unit = name: config.systemd.services.${name};
    claude = config.users.users.claude;
  in
  {
    options = builtins.fromJSON (builtins.unsafeDiscardStringContext config.system.build.toplevel.text);
    microvm = { inherit (config.microvm) vcpu mem balloon hypervisor storeOnDisk storeDiskType writableStoreOverlay machineId; };
    system = [ config.system.stateVersion config.documentation.enable config.nixpkgs.hostPlatform.system or config.nixpkgs.hostPlatform ];
    disks = builtins.mapAttrs (_: f: [ f.device f.fsType f.autoFormat f.neededForBoot ]) (removeAttrs config.fileSystems [ "/" "/nix/store" ]);
    rosetta = config.fileSystems."/run/rosetta".options;
    store = config.fileSystems."/nix/store".overlay;
    initrd = config.boot.initrd.systemd.enable;
    machineId = config.microvm.machineId;
    journal = config.environment.etc."systemd/journald.conf.d/volatile.conf".text;
    names = config.environment.etc."systemd/resolved.conf.d/fallback.conf".text;
    user = [ claude.uid claude.subUidRanges claude.subGidRanges ];
    nix = [ config.nix.settings.experimental-features config.nix.settings.sandbox config.programs.nix-ld.enable ];
    network = [ config.networking.firewall.enable config.systemd.network.networks."10-host".networkConfig.DHCP config.systemd.network.networks."10-host".dhcpV4Config.ClientIdentifier ];
    clock = config.services.chrony.extraConfig;
    docker = config.virtualisation.podman.dockerCompat;
    getty = (unit "serial-getty@hvc0").enable;
    tmpfiles = builtins.filter (rule: builtins.match ".*-bash/bin/bash" rule == null) config.systemd.tmpfiles.rules;
    bash = builtins.any (rule: builtins.match "L /bin/bash - - - - .*-bash/bin/bash" rule != null) config.systemd.tmpfiles.rules;
    daemon = {
      file = (unit "nix-daemon").serviceConfig.EnvironmentFile;
      mounts = (unit "nix-daemon").unitConfig.RequiresMountsFor;
      asks = builtins.match ".*/bash -c '.*/bash /.*-proxy.sh >/run/microvm-proxy'" (unit "nix-daemon").serviceConfig.ExecStartPre != null;
    };
    binfmt = [ (unit "systemd-binfmt").after (unit "systemd-binfmt").unitConfig.ConditionPathExists ];
    storeUnit = {
      inherit (unit "microvm-store") before wantedBy;
      onFailure = (unit "microvm-store").unitConfig.OnFailure;
      runs = builtins.match ".*/bash /.*-store.sh" (unit "microvm-store").serviceConfig.ExecStart != null;
    };
    timeLine = builtins.match ".* -u VSOCK-LISTEN:123,fork 'EXEC:bash /.*-clock.sh'" (unit "microvm-clock").serviceConfig.ExecStart != null;
    task = {
      inherit (unit "microvm-task") after requires wants wantedBy;
      unknown = builtins.filter (name: builtins.match "microvm-.*[.]service" name != null && !(config.systemd.services ? ${builtins.substring 0 (builtins.stringLength name - 8) name})) (unit "microvm-task").after;
      mounts = (unit "microvm-task").unitConfig.RequiresMountsFor;
      path = (unit "microvm-task").environment.PATH;
      stop =
        let
          acts = (unit "microvm-task").serviceConfig.ExecStopPost;
        in
        [ (builtins.match "[+].*/bash /.*-last-act.sh" (builtins.head acts) != null) ] ++ builtins.tail acts;
      runs = builtins.match ".*/bash /.*-task-runner.sh" (unit "microvm-task").serviceConfig.ExecStart != null;
    };
  }
