// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A dollar whose issuer can stop it, block receivers and take tokens back.
contract IssuerDollar is ERC20 {
    bool public paused;
    mapping(address who => bool) public blocked;

    error Paused();
    error Blocked(address who);

    constructor() ERC20("Issuer Dollar", "iUSD") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function pause(bool on) external {
        paused = on;
    }

    function setBlocked(address who, bool on) external {
        blocked[who] = on;
    }

    function seize(address from, uint256 amount) external {
        _burn(from, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to != address(0)) {
            require(!paused, Paused());
            require(!blocked[to], Blocked(to));
        }
        super._update(from, to, amount);
    }
}

/// @notice A dollar that says "no" instead of reverting.
contract FalseDollar is ERC20 {
    bool public refusing;

    constructor() ERC20("False Dollar", "fUSD") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function refuse(bool on) external {
        refusing = on;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (refusing) return false;
        return super.transfer(to, amount);
    }
}

/// @notice A token that calls its receiver, once before and once after the balances move.
contract HookDollar is ERC20 {
    constructor() ERC20("Hook Dollar", "hUSD") {}

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from != address(0) && to.code.length != 0) IReceiver(to).tokensToReceive();
        super._update(from, to, amount);
        if (from != address(0) && to.code.length != 0) IReceiver(to).tokensReceived();
    }
}

interface IReceiver {
    function tokensToReceive() external;
    function tokensReceived() external;
}

/// @notice A receiver that, whenever it is paid, makes the call it was given.
contract Reenterer is IReceiver {
    address public target;
    bytes public data;
    bool public strict;
    uint256 public attempts;
    uint256 public successes;

    function arm(address target_, bytes calldata data_, bool strict_) external {
        (target, data, strict) = (target_, data_, strict_);
    }

    function execute(address target_, bytes calldata data_) external returns (bytes memory result) {
        bool ok;
        (ok, result) = target_.call(data_);
        require(ok);
    }

    function tokensToReceive() external {
        _try();
    }

    function tokensReceived() external {
        _try();
    }

    function _try() private {
        if (target == address(0)) return;
        ++attempts;
        (bool ok,) = target.call(data);
        if (ok) ++successes;
        require(ok || !strict);
    }
}
