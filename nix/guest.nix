# The guest: no path of a host, no task and no slot appears in it, so one build serves them all. What differs from start to start
# comes by the names of shares and disks and by the kernel's command line.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.microvm-guest;
  inherit (lib) mkForce mkOption types;

  npmPins = builtins.fromJSON (builtins.readFile ./debian/pins.json);
  pins = npmPins.claude;
  npmPackage = if pkgs.stdenv.hostPlatform.isAarch64 then pins.arm64 else pins.x64;

  # The very file that npm delivers: a program that carries its own scripts behind its code, which patching would break.
  claude =
    pkgs.runCommand "claude-code-${pins.version}"
      {
        src = pkgs.fetchurl {
          url = "https://registry.npmjs.org/${npmPackage.package}/-/${baseNameOf npmPackage.package}-${pins.version}.tgz";
          hash = npmPackage.integrity;
        };
      }
      ''
        tar -xzf $src package/claude
        install -D -m 755 package/claude $out/bin/claude
      '';

  # Likewise, of the version that the Debian guest has.
  devcontainers =
    let
      pin = npmPins.devcontainers;
    in
    pkgs.runCommand "devcontainers-cli-${pin.version}"
      {
        src = pkgs.fetchurl {
          url = "https://registry.npmjs.org/${pin.package}/-/${baseNameOf pin.package}-${pin.version}.tgz";
          hash = pin.integrity;
        };
      }
      ''
        mkdir -p $out/lib $out/bin
        tar -xzf $src -C $out/lib --strip-components=1 package
        printf '#!%s\nexec %s %s "$@"\n' ${lib.getExe pkgs.bash} ${lib.getExe pkgs.nodejs} $out/lib/devcontainer.js >$out/bin/devcontainer
        chmod 755 $out/bin/devcontainer
      '';

  rosetta = config.microvm.hypervisor == "vfkit";

  disk = serial: "/dev/disk/by-id/virtio-${serial}";
  user = {
    name = "claude";
    id = 1000;
    home = "/home/claude";
  };
in
{
  options.microvm-guest = {
    shares = mkOption {
      description = "Folders of the host: virtiofs tag and where it is mounted.";
      type = types.attrsOf types.path;
      default = {
        share = "/workspace";
        repo = "/workspace/repo";
      };
    };
    volumes = mkOption {
      description = "Disks of the slot: serial and where it is mounted. Blank ones are formatted here.";
      type = types.attrsOf types.path;
      default = {
        nix-store = "/nix/.rw-store";
        var = "/var";
        containers = "/containers";
      };
    };
    claudeVersion = mkOption {
      description = "Of Claude Code in this guest.";
      type = types.str;
      readOnly = true;
      default = pins.version;
    };
  };

  config = {
    system.stateVersion = "26.05";
    documentation.enable = false;

    microvm = {
      vcpu = lib.mkDefault 4;
      mem = lib.mkDefault 4096;
      balloon = false;
      storeOnDisk = true;
      storeDiskType = "erofs";
      writableStoreOverlay = cfg.volumes.nix-store;
      # Else every guest had the same one, and its DHCP client with it.
      machineId = null;
    };

    # ---- start -------------------------------------------------------------------------------------------------------
    boot = {
      # Before macOS 26, Rosetta for Linux does not start on kernels from 6.13 on (apple/container#1142).
      kernelPackages = lib.mkIf rosetta pkgs.linuxPackages_6_12;
      initrd.systemd.enable = true;
      kernelParams = [
        "quiet"
        "audit=0"
        "random.trust_cpu=on"
      ];
    };
    # The console is the task's.
    systemd.services."serial-getty@hvc0".enable = false;

    # ---- disks and folders -------------------------------------------------------------------------------------------
    # By the serial that the host gave, never by a label that a guest could have written.
    fileSystems = {
      "/nix/.ro-store".device = mkForce (disk "root");
      # What nix knows of its store stays with the store.
      "/nix/var" = {
        device = "${cfg.volumes.nix-store}/var";
        fsType = "none";
        options = [ "bind" ];
        depends = [ cfg.volumes.nix-store ];
        neededForBoot = true;
      };
    }
    // lib.mapAttrs' (serial: mountPoint: {
      name = mountPoint;
      value = {
        device = disk serial;
        fsType = "ext4";
        autoFormat = true;
        options = [ "noatime" ];
        neededForBoot = serial != "containers";
      };
    }) cfg.volumes
    // lib.mapAttrs' (tag: mountPoint: {
      name = mountPoint;
      value = {
        device = tag;
        fsType = "virtiofs";
        options = [ "noatime" ];
      };
    }) cfg.shares
    // lib.optionalAttrs config.virtualisation.rosetta.enable {
      ${config.virtualisation.rosetta.mountPoint}.options = [ "nofail" ];
    };

    # The journal of each boot is a folder of its own, and /var stays with the slot: on disk they would add up without end.
    environment.etc."systemd/journald.conf.d/volatile.conf".text = ''
      [Journal]
      Storage=volatile
      RuntimeMaxUse=32M
    '';

    systemd.tmpfiles.rules = [
      # What earlier images wrote there.
      "R /var/log/journal - - - - -"
      "d ${cfg.volumes.containers} 0700 ${user.name} ${user.name}"
      "d /var/cache/${user.name} 0700 ${user.name} ${user.name}"
      "L ${user.home}/.cache - - - - /var/cache/${user.name}"
      "d /run/user/${toString user.id} 0700 ${user.name} ${user.name}"
      # Where scripts of repositories look for it.
      "L /bin/bash - - - - ${lib.getExe pkgs.bash}"
    ];

    # ---- network -----------------------------------------------------------------------------------------------------
    networking = {
      hostName = "microvm";
      useDHCP = false;
      useNetworkd = true;
      # Open guests of one Mac share a network, and none has business with another.
      firewall.enable = true;
    };
    systemd.network = {
      wait-online.enable = false;
      networks."10-host" = {
        matchConfig.Type = "ether";
        networkConfig.DHCP = "ipv4";
        # Each slot has a MAC address of its own, and so a lease of its own.
        dhcpV4Config.ClientIdentifier = "mac";
      };
    };
    services.resolved.enable = true;
    # Where the host hands out no name server; NixOS has changed its own name for this setting.
    environment.etc."systemd/resolved.conf.d/fallback.conf".text = ''
      [Resolve]
      FallbackDNS=1.1.1.1 9.9.9.9
    '';
    systemd.services.microvm-forwards = {
      description = "What the host forwards to this guest";
      wantedBy = [ "multi-user.target" ];
      path = [
        pkgs.iproute2
        pkgs.socat
      ];
      serviceConfig.ExecStart = "${lib.getExe pkgs.bash} ${./forwards.sh}";
    };

    # A guest whose host slept, or that was paused, is behind. The host tells it the time, and where there is a network servers do:
    # either way in one step.
    systemd.services.microvm-clock = {
      description = "The host's time";
      wantedBy = [ "multi-user.target" ];
      path = [
        pkgs.bash
        pkgs.coreutils
        pkgs.socat
      ];
      serviceConfig = {
        ExecStart = "${lib.getExe pkgs.socat} -u VSOCK-LISTEN:123,fork 'EXEC:bash ${./clock.sh}'";
        StandardOutput = "tty";
        TTYPath = "/dev/hvc0";
        Restart = "always";
      };
    };
    services.timesyncd.enable = false;

    # Shells and ports of this guest for its host.
    systemd.services.microvm-attach = {
      description = "The host's shells, and its way to the ports of this guest";
      wantedBy = [ "multi-user.target" ];
      # What a shell finds where the agent has not begun.
      environment.PATH = mkForce "/run/wrappers/bin:/run/current-system/sw/bin";
      serviceConfig = {
        ExecStart = "${lib.getExe pkgs.bash} ${./attach.sh} ${lib.getExe pkgs.perl} ${./attach.pl} ${lib.getExe pkgs.socat}";
        Restart = "always";
        RestartSec = 1;
      };
    };
    services.chrony = {
      enable = true;
      extraConfig = "makestep 1 -1";
    };

    # ---- who works here ----------------------------------------------------------------------------------------------
    users = {
      mutableUsers = false;
      # Nobody logs in: the task is the only one here.
      allowNoPasswordLogin = true;
      users.root.hashedPassword = "!";
      groups.${user.name}.gid = user.id;
      users.${user.name} = {
        isNormalUser = true;
        uid = user.id;
        group = user.name;
        inherit (user) home;
        subUidRanges = [
          {
            startUid = 100000;
            count = 65536;
          }
        ];
        subGidRanges = [
          {
            startGid = 100000;
            count = 65536;
          }
        ];
      };
    };

    nix = {
      channel.enable = false;
      settings = {
        experimental-features = [
          "nix-command"
          "flakes"
        ];
        accept-flake-config = true;
        # The machine is the sandbox, as in the other guests.
        sandbox = false;
        trusted-users = [
          "root"
          user.name
        ];
      };
    };
    # Programs from elsewhere find a loader; Claude Code is one.
    programs.nix-ld.enable = true;

    environment.systemPackages = [
      claude
      devcontainers
    ]
    ++ (with pkgs; [
      curl
      docker-compose
      file
      gcc
      git
      git-lfs
      gnumake
      jq
      less
      nodejs
      openssh
      pkg-config
      podman-compose
      procps
      python3
      ripgrep
      unzip
      xz
      zstd
    ]);

    # The daemon, not the task, fetches what a development shell needs, and its way to the network comes with the task. In a machine
    # that is booted ahead that is long after the start, so the daemon asks when it starts itself: at the first call of the task.
    systemd.services.nix-daemon = {
      unitConfig.RequiresMountsFor = [ cfg.shares.share ];
      serviceConfig = {
        ExecStartPre = "${lib.getExe pkgs.bash} -c '${lib.getExe pkgs.bash} ${./proxy.sh} >/run/microvm-proxy'";
        EnvironmentFile = "-/run/microvm-proxy";
      };
    };

    # ---- containers --------------------------------------------------------------------------------------------------
    virtualisation.podman = {
      enable = true;
      dockerCompat = true;
      defaultNetwork.settings.dns_enabled = true;
    };
    virtualisation.containers = {
      # Rootless storage cannot live on virtiofs, and outlives the task with its slot.
      storage.settings.storage = {
        driver = "overlay";
        rootless_storage_path = "${cfg.volumes.containers}/storage";
      };
      # No session of the user's own is there to manage groups or keep a journal.
      containersConf.settings.engine = {
        cgroup_manager = "cgroupfs";
        events_logger = "file";
        # The other one needs a service of podman's.
        compose_providers = [ (lib.getExe pkgs.podman-compose) ];
      };
    };

    # ---- programs for x86_64 -----------------------------------------------------------------------------------------
    virtualisation.rosetta.enable = rosetta;
    # A Mac without Rosetta gives the guest none, and is told so by `doctor`.
    systemd.services.systemd-binfmt = lib.mkIf config.virtualisation.rosetta.enable {
      after = [ "run-rosetta.mount" ];
      unitConfig.ConditionPathExists = "${config.virtualisation.rosetta.mountPoint}/rosetta";
    };

    # ---- the task ----------------------------------------------------------------------------------------------------
    systemd.services.microvm-store = {
      description = "Agreement of the slot's nix store with the image";
      wantedBy = [ "multi-user.target" ];
      before = [ "nix-daemon.service" ];
      # A store that does not agree with the image is never worked with: the host reads the reason on the console.
      unitConfig.OnFailure = [ "poweroff.target" ];
      path = [
        config.nix.package
        pkgs.coreutils
        pkgs.util-linux
      ];
      serviceConfig = {
        Type = "oneshot";
        RemainAfterExit = true;
        PrivateMounts = true;
        ExecStart = "${lib.getExe pkgs.bash} ${./store.sh}";
        StandardOutput = "tty";
        StandardError = "tty";
        TTYPath = "/dev/hvc0";
      };
    };

    systemd.services.microvm-task = {
      description = "The task that the host gave";
      wantedBy = [ "multi-user.target" ];
      wants = [ "nix-daemon.socket" ];
      requires = [ "microvm-store.service" ];
      after = [
        "microvm-store.service"
        "microvm-forwards.service"
        "nix-daemon.socket"
      ];
      unitConfig.RequiresMountsFor = lib.attrValues cfg.shares ++ [ cfg.volumes.containers ];
      environment = {
        # With the wrappers that may map other users into a container.
        PATH = mkForce "/run/wrappers/bin:/run/current-system/sw/bin";
        SSL_CERT_FILE = "/etc/ssl/certs/ca-certificates.crt";
        MICROVM_INBOX = "${./inbox.sh}";
        MICROVM_AHEAD = "${./ahead.sh}";
        MICROVM_BECOME_CLAUDE = "${./become-claude.sh}";
        MICROVM_DEV_CONTAINER = "${./dev-container.sh}";
        MICROVM_COMPOSE = "${./compose.sh}";
        MICROVM_FLAKE_FILES = "${./flake-files.pl}";
        MICROVM_PERL = lib.getExe pkgs.perl;
      };
      serviceConfig = {
        ExecStart = "${lib.getExe pkgs.bash} ${./task-runner.sh}";
        # Once nothing of the task runs any more, also after a runner that was killed.
        ExecStopPost = [
          "+${lib.getExe pkgs.bash} ${./last-act.sh}"
          "+/run/current-system/sw/bin/systemctl poweroff --no-block"
        ];
        RuntimeDirectory = "microvm";
        StandardOutput = "tty";
        StandardError = "tty";
        TTYPath = "/dev/hvc0";
        KillMode = "mixed";
        TimeoutStopSec = 15;
        Delegate = true;
      };
    };
  };
}
